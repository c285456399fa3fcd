package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.json.LenientJson;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1Condition;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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
  private final Supplier<Map<ObjectKey, Finding>> findings;
  private final EventRecorder events;

  /// @param elsewhere whether the record gives an address to another node
  /// @param findings what this node has to say of Services
  public ServiceStatus(
      String node,
      KubeApi api,
      Informer<V1Service> services,
      Supplier<Desired> desired,
      Supplier<Keeping> keeping,
      Predicate<InetAddress> elsewhere,
      Supplier<Map<ObjectKey, Finding>> findings,
      EventRecorder events) {
    this.node = node;
    this.api = api;
    this.services = services;
    this.desired = desired;
    this.keeping = keeping;
    this.elsewhere = elsewhere;
    this.findings = findings;
    this.events = events;
  }

  @Override
  public Result reconcile(ObjectKey key) {
    Optional<V1Service> found = services.get(key);
    if (found.isEmpty() || found.get().getMetadata().getDeletionTimestamp() != null) {
      return Result.done();
    }
    List<InetAddress> addresses = desired.get().byService().get(key);
    Finding finding = findings.get().get(key);
    Optional<V1Service> service = found;
    if (addresses != null) {
      service = showAnswered(key, found.get(), addresses);
    } else if (finding != null && finding.refuses(found.get())) {
      service = write(key, found.get(), StatusPlan.refused(found.get()));
    }
    if (service.isPresent() && finding != null && finding.idle()) {
      service = write(key, service.get(), StatusPlan.idle(service.get()));
    }
    if (service.isPresent() && finding != null) {
      tell(key, service.get(), finding);
    }
    return Result.done();
  }

  /// @return the Service as it is then, empty if it is gone
  private Optional<V1Service> showAnswered(
      ObjectKey key, V1Service service, List<InetAddress> addresses) {
    Keeping here = keeping.get();
    List<Patch> patches = StatusPlan.of(service, addresses, here, elsewhere, node);
    Optional<V1Service> now = write(key, service, patches);
    if (now.isPresent() && !patches.isEmpty() && addresses.stream().anyMatch(here::answers)) {
      String text =
          addresses.stream()
              .filter(here::answers)
              .map(InetAddresses::toAddrString)
              .collect(Collectors.joining(", "));
      LOG.atInfo()
          .addKeyValue("service", key)
          .addKeyValue("addresses", text)
          .log("service is answered by this node");
      events.normal(service, "AddressHeld", "node " + node + " answers for " + text);
    }
    return now;
  }

  /// @return the Service as it is then, empty if it is gone
  private Optional<V1Service> write(ObjectKey key, V1Service service, List<Patch> patches) {
    Optional<V1Service> now = Optional.of(service);
    for (Patch patch : patches) {
      now = api.patch(CoreTypes.SERVICE, key, patch);
      if (now.isEmpty()) {
        return now;
      }
    }
    List<String> before = ServiceReader.shown(service);
    List<String> after = now.map(ServiceReader::shown).orElse(List.of());
    if (!after.containsAll(before)) {
      LOG.atInfo()
          .addKeyValue("service", key)
          .addKeyValue("told", before)
          .addKeyValue("tells", after)
          .log("a status tells no more of addresses that are not held");
    }
    return now;
  }

  /// The list of conditions is one of several writers, so it carries the version that was seen.
  private void tell(ObjectKey key, V1Service service, Finding finding) {
    List<V1Condition> present =
        service.getStatus() == null || service.getStatus().getConditions() == null
            ? List.of()
            : service.getStatus().getConditions();
    finding
        .among(present, Instant.now())
        .ifPresent(all -> {
          JsonObject document =
              Patches.nest(LenientJson.gson().toJsonTree(all), "status", "conditions");
          Patch patch = StatusPlan.seen(service, new Patch.Merge(document, "status"));
          Optional<V1Service> _ = api.patch(CoreTypes.SERVICE, key, patch);
        });
  }
}
