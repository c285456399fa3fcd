package dev.thresher.ccm.hostservice;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Which guest Services to look at again when something changes: a host Service or a slice concerns
/// the one that it is of, a machine or a node concerns all.
///
/// Machines and nodes are written all the time. Only changes that matter to a slice count, and many
/// of them within [#WINDOW] are one.
final class WakeUps {

  /// A machine that moves is written several times within moments.
  static final Duration WINDOW = Duration.ofMillis(100);

  private final HostServiceSettings settings;
  private final HostObjects objects;
  private final Informer<V1Service> guestServices;
  private final Informers hostInformers;
  private final Informers guestInformers;
  private final Timeline timeline;
  private final AtomicBoolean allScheduled = new AtomicBoolean();

  WakeUps(
      HostServiceSettings settings,
      HostObjects objects,
      Informers hostInformers,
      Informers guestInformers,
      Timeline timeline) {
    this.settings = settings;
    this.objects = objects;
    this.hostInformers = hostInformers;
    this.guestInformers = guestInformers;
    this.timeline = timeline;
    this.guestServices = guestInformers.informer(CoreTypes.SERVICE, Scope.ALL);
  }

  void onChange(Consumer<ObjectKey> service) {
    objects
        .services()
        .onChange(change ->
            states(change).flatMap(host -> ofHostService(host).stream()).forEach(service));
    objects
        .slices()
        .onChange(change ->
            states(change).flatMap(slice -> ofHostSlice(slice).stream()).forEach(service));
    if (!settings.backEnds().mayWriteSlices()) {
      return;
    }
    hostInformers
        .informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, Scope.namespace(settings.namespace()))
        .onChange(change -> {
          if (machineMatters(change)) {
            all(service);
          }
        });
    guestInformers
        .informer(CoreTypes.NODE, Scope.ALL)
        .onChange(change -> {
          if (nodeMatters(change)) {
            all(service);
          }
        });
    guestInformers
        .informer(CoreTypes.ENDPOINT_SLICE, Scope.ALL)
        .onChange(change -> ofGuestSlice(change.object()).ifPresent(service));
  }

  static boolean machineMatters(Change<VirtualMachineInstance> change) {
    return switch (change) {
      case Change.Updated<VirtualMachineInstance>(var before, var now) ->
          !MachineView.of(before).equals(MachineView.of(now));
      case Change.Added<VirtualMachineInstance> _, Change.Deleted<VirtualMachineInstance> _ -> true;
    };
  }

  /// Nodes that come and go are the service controller's to notice.
  static boolean nodeMatters(Change<V1Node> change) {
    return switch (change) {
      case Change.Updated<V1Node>(var before, var now) ->
          BackEnds.isReady(before) != BackEnds.isReady(now)
              || !MachineAddress.internal(before).equals(MachineAddress.internal(now));
      case Change.Added<V1Node> _, Change.Deleted<V1Node> _ -> false;
    };
  }

  /// Before and after: somebody may have taken the labels away.
  private static <T extends KubernetesObject> Stream<T> states(Change<T> change) {
    return switch (change) {
      case Change.Updated<T>(T before, T now) -> Stream.of(before, now);
      case Change.Added<T>(T now) -> Stream.of(now);
      case Change.Deleted<T>(T last) -> Stream.of(last);
    };
  }

  private void all(Consumer<ObjectKey> service) {
    if (!allScheduled.compareAndSet(false, true)) {
      return;
    }
    timeline.after(
        WINDOW,
        () -> {
          allScheduled.set(false);
          objects.services().list().forEach(host -> ofHostService(host).ifPresent(service));
        });
  }

  /// Of another guest cluster in the same namespace there may be a Service of the same name: the
  /// UID tells them apart.
  private Optional<ObjectKey> ofHostService(V1Service host) {
    return Ownership.tenant(host)
        .filter(key ->
            guestServices
                .get(key)
                .map(guest ->
                    KubeVirtCloudNames.hostService(
                            Objects.requireNonNull(guest.getMetadata().getUid()))
                        .equals(host.getMetadata().getName()))
                // Gone from the guest: whoever still has to clean up wants to hear of it.
                .orElse(true));
  }

  private Optional<ObjectKey> ofHostSlice(V1EndpointSlice slice) {
    String service = Ownership.service(slice);
    return service.isEmpty()
        ? Optional.empty()
        : objects
            .services()
            .get(ObjectKey.of(settings.namespace(), service))
            .flatMap(this::ofHostService);
  }

  private Optional<ObjectKey> ofGuestSlice(V1EndpointSlice slice) {
    String service = Ownership.service(slice);
    return service.isEmpty()
        ? Optional.empty()
        : guestServices
            .get(ObjectKey.of(Objects.requireNonNull(slice.getMetadata().getNamespace()), service))
            .filter(WakeUps::isLocalBalancer)
            .map(ObjectKey::of);
  }

  private static boolean isLocalBalancer(V1Service service) {
    var spec = service.getSpec();
    return spec != null
        && "LoadBalancer".equals(spec.getType())
        && "Local".equals(spec.getExternalTrafficPolicy());
  }
}
