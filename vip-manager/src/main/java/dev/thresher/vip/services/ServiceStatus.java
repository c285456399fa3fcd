package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the world through a Service's status and annotation that this node answers for it. Only
/// the holder writes.
public final class ServiceStatus implements Reconciler<ObjectKey> {

  private static final Logger LOG = LoggerFactory.getLogger(ServiceStatus.class);

  private final String node;
  private final KubeApi api;
  private final Informer<V1Service> services;
  private final Supplier<Desired> desired;
  private final Supplier<Keeping> keeping;
  private final Predicate<InetAddress> elsewhere;
  private final EventRecorder events;

  /// @param elsewhere whether the record gives an address to another node
  public ServiceStatus(
      String node,
      KubeApi api,
      Informer<V1Service> services,
      Supplier<Desired> desired,
      Supplier<Keeping> keeping,
      Predicate<InetAddress> elsewhere,
      EventRecorder events) {
    this.node = node;
    this.api = api;
    this.services = services;
    this.desired = desired;
    this.keeping = keeping;
    this.elsewhere = elsewhere;
    this.events = events;
  }

  @Override
  public Result reconcile(ObjectKey key) {
    Optional<V1Service> found = services.get(key);
    List<InetAddress> addresses = desired.get().byService().get(key);
    if (found.isEmpty() || addresses == null) {
      return Result.done();
    }
    V1Service service = found.get();
    List<Patch> patches = StatusPlan.of(service, addresses, keeping.get(), elsewhere, node);
    for (Patch patch : patches) {
      if (api.patch(CoreTypes.SERVICE, key, patch).isEmpty()) {
        return Result.done();
      }
    }
    if (!patches.isEmpty()) {
      String text =
          addresses.stream().map(InetAddresses::toAddrString).collect(Collectors.joining(", "));
      LOG.atInfo()
          .addKeyValue("service", key)
          .addKeyValue("addresses", text)
          .log("service is answered by this node");
      events.normal(service, "AddressHeld", "node " + node + " answers for " + text);
    }
    return Result.done();
  }
}
