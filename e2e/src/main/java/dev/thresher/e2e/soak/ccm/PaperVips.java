package dev.thresher.e2e.soak.ccm;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.LabException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/// Plays the guest's VIP manager for nodes that are nothing but objects: it writes the addresses
/// that a Service is told to have into its status, and nothing else. And it is the witness: an
/// address that changes or vanishes is noted, even if it comes back.
public final class PaperVips implements AutoCloseable {

  private static final long STEP_NANOS = 250_000_000;

  /// The VIP manager is to ask a DHCP server, which there is none of here.
  private static final String ASK_DHCP = "0.0.0.0";

  private final KubeApi guest;
  private final Map<String, List<String>> known = new HashMap<>();
  private final List<String> faults = new ArrayList<>();
  private final Thread thread;
  private volatile boolean closed;

  public PaperVips(ControlPlane guest) {
    this.guest = guest.api();
    this.thread = Thread.ofPlatform().name("paper-vips").daemon().start(this::run);
  }

  /// What was seen since the last call.
  public synchronized List<String> takeFaults() {
    List<String> taken = List.copyOf(faults);
    faults.clear();
    return taken;
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!closed) {
      try {
        guest.list("/api/v1/services").forEach(this::look);
      } catch (LabException | KubeApi.ApiFailure e) {
        // The API server is away, which is part of the exercise, or the object is gone.
      }
      LockSupport.parkNanos(STEP_NANOS);
    }
  }

  private void look(JsonObject object) {
    if (!HostObjects.text(object, "spec", "type").equals("LoadBalancer")
        || object.getAsJsonObject("metadata").has("deletionTimestamp")) {
      return;
    }
    Snapshot.Service service = Snapshot.service(object);
    note(Snapshot.key(object), service);
    if (!service.told().isEmpty()
        && !service.told().contains(ASK_DHCP)
        && !service.told().equals(service.ingress())) {
      guest.merge(
          "/api/v1/namespaces/"
              + HostObjects.text(object, "metadata", "namespace")
              + "/services/"
              + HostObjects.name(object)
              + "/status",
          answered(service.told()));
    }
  }

  private synchronized void note(String name, Snapshot.Service service) {
    List<String> before = known.put(service.uid(), service.told());
    if (before != null && !before.isEmpty() && !before.equals(service.told())) {
      faults.add("Service " + name + " had " + before + " and then " + service.told());
    }
  }

  private static JsonObject answered(List<String> addresses) {
    var ingress = new JsonArray();
    for (String address : addresses) {
      var point = new JsonObject();
      point.addProperty("ip", address);
      ingress.add(point);
    }
    var balancer = new JsonObject();
    balancer.add("ingress", ingress);
    var status = new JsonObject();
    status.add("loadBalancer", balancer);
    var patch = new JsonObject();
    patch.add("status", status);
    return patch;
  }
}
