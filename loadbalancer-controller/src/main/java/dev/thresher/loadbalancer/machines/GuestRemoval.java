package dev.thresher.loadbalancer.machines;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.rules.Asked;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.common.KubernetesObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Deletes the load balancers of a guest cluster that is being removed.
///
/// Rancher marks the machines of such a cluster by an annotation before it deletes them. When a
/// marked machine goes, all load balancers for guest clusters go that are in its namespace and
/// carry the cluster's name in their owner label. A failure with one of them keeps none of the
/// others. Source: load-balancer-harvester, `pkg/controller/vm`.
///
/// Harvester's controller holds every machine of the host by a finalizer so as not to miss that.
/// Here the load balancers are marked as soon as the machines are, and a marked one goes when its
/// cluster has no machine any more, whoever ran when the last one went.
final class GuestRemoval implements Reconciler<GuestRemoval.Guest> {

  private static final Logger log = LoggerFactory.getLogger(GuestRemoval.class);

  /// A guest cluster of a namespace.
  record Guest(String namespace, String cluster) {}

  private final KubeApi api;
  private final Informer<VirtualMachine> machines;
  private final Informer<LoadBalancer> loadBalancers;
  private final EventRecorder events;

  /// Clusters of which a marked machine has gone altogether, and that still have load balancers.
  private final Set<Guest> gone = ConcurrentHashMap.newKeySet();

  /// Clusters that had a marked machine when they were looked at last.
  private final Set<Guest> removing = ConcurrentHashMap.newKeySet();

  GuestRemoval(
      KubeApi api,
      Informer<VirtualMachine> machines,
      Informer<LoadBalancer> loadBalancers,
      EventRecorder events) {
    this.api = api;
    this.machines = machines;
    this.loadBalancers = loadBalancers;
    this.events = events;
  }

  /// The cluster that a machine is a node of.
  static Optional<Guest> of(VirtualMachine machine) {
    return guest(machine, HarvesterNames.GUEST_CLUSTER_LABEL);
  }

  /// The cluster that a machine is a node of, if it is marked as one that is removed.
  static Optional<Guest> marked(VirtualMachine machine) {
    return "true".equals(annotations(machine).get(HarvesterNames.REMOVE_ALL_PVCS))
        ? of(machine)
        : Optional.empty();
  }

  /// The cluster that a load balancer says it is of. One that has kept the default name is not
  /// known by it: two clusters may have it.
  static Optional<Guest> of(LoadBalancer object) {
    return Asked.guestCluster(object).value()
        ? guest(object, HarvesterNames.CLUSTER_LABEL)
        : Optional.empty();
  }

  /// The cluster to look at because of a load balancer that was made or changed: one that is made
  /// while its cluster goes would stay, and a mark may have to be taken back.
  ///
  /// All others are no concern, so that a burst of load balancers is not looked through for each.
  Optional<Guest> concerned(LoadBalancer object) {
    return of(object).filter(guest -> isMarked(object) || removing.contains(guest));
  }

  /// A marked machine no longer exists.
  void lastSeen(Guest guest) {
    gone.add(guest);
  }

  @Override
  public Result reconcile(Guest guest) {
    List<VirtualMachine> left =
        machines.list(guest.namespace()).stream()
            .filter(machine -> of(machine).filter(guest::equals).isPresent())
            .toList();
    List<VirtualMachine> marked =
        left.stream().filter(machine -> marked(machine).isPresent()).toList();
    // Before the load balancers are listed: whoever comes later is a concern.
    if (marked.isEmpty()) {
      removing.remove(guest);
    } else {
      removing.add(guest);
    }
    boolean goes =
        gone.contains(guest)
            || marked.stream()
                .anyMatch(machine -> machine.getMetadata().getDeletionTimestamp() != null);
    var failed = new ArrayList<String>();
    for (LoadBalancer object : of(guest)) {
      try {
        if (goes || (left.isEmpty() && isMarked(object))) {
          delete(object, guest);
        } else if (!left.isEmpty() && isMarked(object) == marked.isEmpty()) {
          mark(object, !marked.isEmpty());
        }
      } catch (KubeApiException e) {
        failed.add(object.getMetadata().getName() + ": " + e.getMessage());
      }
    }
    if (!failed.isEmpty()) {
      return Result.failed(
          "guest cluster "
              + guest.cluster()
              + " is removed, and these of its load balancers could not be written: "
              + String.join("; ", failed));
    }
    gone.remove(guest);
    return Result.done();
  }

  private static boolean isMarked(LoadBalancer object) {
    return "true".equals(annotations(object).get(ThresherNames.GUEST_REMOVED));
  }

  private void mark(LoadBalancer object, boolean marked) {
    api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        ObjectKey.of(object),
        Patches.annotations(
            Map.of(ThresherNames.GUEST_REMOVED, marked ? Optional.of("true") : Optional.empty())));
  }

  private List<LoadBalancer> of(Guest guest) {
    return loadBalancers.list(guest.namespace()).stream()
        .filter(object -> object.getMetadata().getDeletionTimestamp() == null)
        .filter(object -> of(object).filter(guest::equals).isPresent())
        .toList();
  }

  private void delete(LoadBalancer object, Guest guest) {
    boolean existed =
        api.delete(
            LoadBalancerTypes.LOAD_BALANCER,
            ObjectKey.of(object),
            Precondition.uid(object.getMetadata().getUid()));
    if (existed) {
      events.normal(
          object,
          "GuestClusterRemoved",
          "deleted with guest cluster " + guest.cluster() + ", whose machines are being removed");
      log.atInfo()
          .addKeyValue("loadBalancer", ObjectKey.of(object))
          .addKeyValue("cluster", guest.cluster())
          .log("load balancer of a removed guest cluster deleted");
    }
  }

  private static Optional<Guest> guest(KubernetesObject object, String label) {
    Map<String, String> labels =
        Objects.requireNonNullElse(object.getMetadata().getLabels(), Map.<String, String>of());
    return Optional.ofNullable(labels.get(label))
        .filter(name -> !name.isEmpty() && !name.equals(HarvesterNames.DEFAULT_CLUSTER_NAME))
        .map(name -> new Guest(object.getMetadata().getNamespace(), name));
  }

  private static Map<String, String> annotations(KubernetesObject object) {
    return Objects.requireNonNullElse(
        object.getMetadata().getAnnotations(), Map.<String, String>of());
  }
}
