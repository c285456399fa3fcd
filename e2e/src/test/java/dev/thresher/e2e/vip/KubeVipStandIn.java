package dev.thresher.e2e.vip;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.Node;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/// Plays a kube-vip of a node, as far as Leases and packets show it: it looks at its Lease in
/// periods, takes it when it is free or was seen unchanged for its duration, has the addresses on
/// the node's interface while it leads (the kernel answers), and at an orderly end gives the Lease
/// back *before* it takes the addresses off.
final class KubeVipStandIn {

  static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
  static final String SERVICES = "plndr-svcs-lock";
  static final String CONTROL_PLANE = "plndr-cp-lock";
  static final Duration DURATION = Duration.ofSeconds(5);
  private static final long RETRY_MILLIS = 1000;
  private static final long CLEANS_UP_MILLIS = 150;

  private final Node node;
  private final String lease;
  private final List<String> addresses;
  private final KubeApi api;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "kube-vip-stand-in");
        thread.setDaemon(true);
        return thread;
      });

  private String observed = "";
  private long observedAt = System.nanoTime();
  private volatile boolean leads;

  /// @param lease [#SERVICES] or [#CONTROL_PLANE]
  KubeVipStandIn(Node node, String lease, List<String> addresses, KubeApi api) {
    this.node = node;
    this.lease = lease;
    this.addresses = addresses;
    this.api = api;
    ScheduledFuture<?> _ =
        clock.scheduleWithFixedDelay(this::look, 0, RETRY_MILLIS, TimeUnit.MILLISECONDS);
  }

  boolean leads() {
    return leads;
  }

  /// As SIGTERM. Returns when nothing of it is left.
  void stop() throws InterruptedException {
    clock.execute(this::release);
    ScheduledFuture<?> _ =
        clock.schedule(() -> configure("delete"), CLEANS_UP_MILLIS, TimeUnit.MILLISECONDS);
    clock.shutdown();
    if (!clock.awaitTermination(30, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the stand-in of " + node.name() + " does not end");
    }
  }

  private void release() {
    if (leads) {
      JsonObject whole = api.get(path());
      JsonObject spec = whole.getAsJsonObject("spec");
      spec.remove("holderIdentity");
      spec.addProperty("leaseDurationSeconds", 1);
      api.replace(path(), whole);
    }
  }

  private void configure(String what) {
    if (leads == what.equals("delete")) {
      leads = !leads;
      for (String address : addresses) {
        String prefix = address + (address.contains(":") ? "/128" : "/32");
        List<String> command =
            address.contains(":") && what.equals("add")
                ? List.of("ip", "address", what, prefix, "dev", node.interfaceName(), "nodad")
                : List.of("ip", "address", what, prefix, "dev", node.interfaceName());
        node.namespace().run(command);
      }
    }
  }

  private void look() {
    try {
      Optional<JsonObject> read = api.find(path());
      if (read.isEmpty()) {
        api.create(LEASES, held(fresh()));
        configure("add");
      } else if (mayWrite(read.get())) {
        api.replace(path(), held(read.get()));
        configure("add");
      }
    } catch (KubeApi.ApiFailure e) {
      // Somebody else was faster: the next look tells.
      observed = "";
    }
  }

  private boolean mayWrite(JsonObject whole) {
    if (!whole.toString().equals(observed)) {
      observed = whole.toString();
      observedAt = System.nanoTime();
    }
    String holder = holder(whole);
    return holder.isEmpty()
        || holder.equals(node.name())
        || System.nanoTime() - observedAt > DURATION.toNanos();
  }

  static String holder(JsonObject lease) {
    JsonObject spec = lease.getAsJsonObject("spec");
    return spec.has("holderIdentity") ? spec.get("holderIdentity").getAsString() : "";
  }

  private String path() {
    return LEASES + "/" + lease;
  }

  private JsonObject fresh() {
    return JsonParser.parseString(
            """
            {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
             "metadata": {"name": "%s", "namespace": "kube-system"}, "spec": {}}
            """
                .formatted(lease))
        .getAsJsonObject();
  }

  private JsonObject held(JsonObject whole) {
    JsonObject spec = whole.getAsJsonObject("spec");
    int before = spec.has("leaseTransitions") ? spec.get("leaseTransitions").getAsInt() : 0;
    boolean mine = holder(whole).equals(node.name());
    spec.addProperty("holderIdentity", node.name());
    spec.addProperty("leaseDurationSeconds", DURATION.toSeconds());
    spec.addProperty("leaseTransitions", mine ? before : before + 1);
    spec.addProperty("renewTime", Instant.now().truncatedTo(ChronoUnit.MICROS).toString());
    return whole;
  }
}
