package dev.thresher.vip.services;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.vip.election.RightTimes;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Plays a kube-vip of one node as far as others notice it: it looks at its Lease in periods, takes
/// it when it is free or was not renewed, puts its addresses on the interface then, and at its end
/// gives the Lease back *before* it takes them off.
final class KubeVipPlayer {

  private static final Duration CLEANS_UP = Duration.ofMillis(150);

  private final String node;
  private final ObjectKey lease;
  private final RightTimes times;
  private final List<InetAddress> addresses;
  private final FakeKubeApi api;
  private final FakeEnforcement.Wire wire;
  private final SystemTimeline timeline = new SystemTimeline();
  private String observed = "";
  private long observedAt = System.nanoTime();
  private boolean leads;
  private boolean ended;

  KubeVipPlayer(
      String node,
      ObjectKey lease,
      RightTimes times,
      List<InetAddress> addresses,
      FakeStore store,
      FakeEnforcement.Wire wire) {
    this.node = node;
    this.lease = lease;
    this.times = times;
    this.addresses = addresses;
    this.api = new FakeKubeApi(store);
    this.wire = wire;
  }

  void start() {
    timeline.after(Duration.ZERO, this::look);
  }

  /// As SIGTERM.
  synchronized void stop() {
    ended = true;
    if (leads) {
      leads = false;
      JsonObject whole = api.getJson(CoreTypes.LEASE, lease).orElseThrow();
      JsonObject spec = whole.getAsJsonObject("spec");
      spec.remove("holderIdentity");
      spec.addProperty("leaseDurationSeconds", 1);
      api.replaceJson(CoreTypes.LEASE, lease, whole);
      timeline.after(CLEANS_UP, () -> addresses.forEach(address -> wire.leave(node, address)));
    }
  }

  synchronized boolean leads() {
    return leads;
  }

  private synchronized void look() {
    if (ended) {
      return;
    }
    try {
      Optional<JsonObject> read = api.getJson(CoreTypes.LEASE, lease);
      if (read.isEmpty()) {
        api.createJson(CoreTypes.LEASE, lease.namespace(), held(fresh()));
        lead();
      } else if (mayWrite(read.get())) {
        api.replaceJson(CoreTypes.LEASE, lease, held(read.get()));
        lead();
      }
    } catch (KubeApiException e) {
      // Somebody else was faster: the next look tells.
      observed = "";
      observedAt = System.nanoTime();
    }
    timeline.after(times.retryPeriod(), this::look);
  }

  private boolean mayWrite(JsonObject whole) {
    if (!whole.toString().equals(observed)) {
      observed = whole.toString();
      observedAt = System.nanoTime();
    }
    JsonObject spec = whole.getAsJsonObject("spec");
    if (!spec.has("holderIdentity") || spec.get("holderIdentity").getAsString().equals(node)) {
      return true;
    }
    return System.nanoTime() - observedAt > times.leaseDuration().toNanos();
  }

  private void lead() {
    if (!leads) {
      leads = true;
      addresses.forEach(address -> wire.take(node, address));
    }
  }

  private JsonObject fresh() {
    JsonObject meta = new JsonObject();
    meta.addProperty("name", lease.name());
    meta.addProperty("namespace", lease.namespace());
    JsonObject whole = new JsonObject();
    whole.addProperty("apiVersion", "coordination.k8s.io/v1");
    whole.addProperty("kind", "Lease");
    whole.add("metadata", meta);
    whole.add("spec", new JsonObject());
    return whole;
  }

  private JsonObject held(JsonObject whole) {
    JsonObject spec = whole.getAsJsonObject("spec");
    int before = spec.has("leaseTransitions") ? spec.get("leaseTransitions").getAsInt() : 0;
    boolean mine =
        spec.has("holderIdentity") && spec.get("holderIdentity").getAsString().equals(node);
    spec.addProperty("holderIdentity", node);
    spec.addProperty("leaseDurationSeconds", times.leaseDuration().toSeconds());
    spec.addProperty("leaseTransitions", mine ? before : before + 1);
    spec.addProperty("renewTime", timeline.now().toString());
    return whole;
  }
}
