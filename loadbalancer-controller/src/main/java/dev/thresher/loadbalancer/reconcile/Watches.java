package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.rules.Asked;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.queue.Priority;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Turns what happens into looks: which load balancers and pools a change concerns.
///
/// Nothing here decides or writes; a look too many costs a moment, a missing one a stuck address.
final class Watches {

  private final LoadBalancerControl.Queues looks;
  private final ClaimBook book;
  private final Pending pending;
  private final Sharing sharing;
  private final Informer<LoadBalancer> loadBalancers;

  Watches(
      LoadBalancerControl.Queues looks,
      ClaimBook book,
      Pending pending,
      Sharing sharing,
      Informer<LoadBalancer> loadBalancers) {
    this.looks = looks;
    this.book = book;
    this.pending = pending;
    this.sharing = sharing;
    this.loadBalancers = loadBalancers;
  }

  void follow(
      Informer<IPPool> pools,
      Informer<AddressClaim> claims,
      Informer<V1Service> services,
      Informer<V1EndpointSlice> slices,
      Informer<VirtualMachineInstance> instances) {
    // The book must know the claims before anybody allocates: the first handler of all.
    claims.onChange(change -> claim(change, priority(claims)));
    pools.onChange(change -> pool(change, pools));
    loadBalancers.onChange(change -> loadBalancer(change, priority(loadBalancers)));
    services.onChange(change -> service(change, services));
    slices.onChange(change -> slice(change, slices));
    instances.onChange(change -> instance(change, priority(instances)));
  }

  private void loadBalancer(Change<LoadBalancer> change, Priority priority) {
    ObjectKey key = ObjectKey.of(change.object());
    looks.loadBalancer(key, priority);
    boolean givesUp =
        switch (change) {
          case Change.Added<LoadBalancer> _ -> false;
          case Change.Updated<LoadBalancer>(LoadBalancer before, LoadBalancer after) ->
              !Recorded.of(after).containsAll(Recorded.of(before));
          case Change.Deleted<LoadBalancer> _ -> true;
        };
    if (givesUp) {
      // Its status held addresses for it that no claim did.
      wake();
    }
    String group = Asked.shareGroup(change.object()).value();
    if (!group.isEmpty()) {
      sharing.lookAt(key.namespace(), group, new Owner(key.namespace(), key.name()));
    }
  }

  private void claim(Change<AddressClaim> change, Priority priority) {
    Optional<Claim> read = ClaimDocument.read(change.object());
    if (read.isEmpty()) {
      return;
    }
    Claim claim = read.get();
    ObjectKey owner = ObjectKey.of(claim.owner().namespace(), claim.owner().name());
    switch (change) {
      case Change.Added<AddressClaim> _, Change.Updated<AddressClaim> _ -> {
        // What this process wrote itself is in the book already, and its writer goes on from there.
        boolean news = !book.at(claim.key()).filter(claim::equals).isPresent();
        book.record(claim);
        if (news) {
          looks.loadBalancer(owner, priority);
        }
        if (releases(change)) {
          // It can be taken over before the pool's status says so and the claim ends.
          pending.wake(key -> looks.loadBalancer(key, Priority.NEW));
        }
      }
      case Change.Deleted<AddressClaim> _ -> {
        book.forget(claim.key(), claim.uid());
        looks.loadBalancer(owner, priority);
        sharing.released(claim);
        wake();
      }
    }
    looks.pool(claim.pool(), priority);
  }

  private static boolean releases(Change<AddressClaim> change) {
    return change instanceof Change.Updated<AddressClaim>(AddressClaim before, AddressClaim after)
        && ClaimDocument.read(before).filter(Claim::active).isPresent()
        && !ClaimDocument.read(after).filter(Claim::active).isPresent();
  }

  private void pool(Change<IPPool> change, Informer<IPPool> pools) {
    looks.pool(change.object().getMetadata().getName(), priority(pools));
    boolean mayHelp =
        switch (change) {
          case Change.Added<IPPool> _, Change.Deleted<IPPool> _ -> true;
          case Change.Updated<IPPool>(IPPool before, IPPool after) -> offersOther(before, after);
        };
    if (mayHelp && pools.hasSynced()) {
      // Whether two pools get on with each other depends on both.
      pools.list().forEach(other -> looks.pool(other.getMetadata().getName(), Priority.RESYNC));
    }
    if (mayHelp) {
      wake();
    }
  }

  /// Whether the pool offers something else than before, or an entry of its status has gone that
  /// kept an address from being given.
  private static boolean offersOther(IPPool before, IPPool after) {
    return !Objects.equals(before.getSpec(), after.getSpec())
        || !Objects.equals(before.getMetadata().getLabels(), after.getMetadata().getLabels())
        || !allocated(after).entrySet().containsAll(allocated(before).entrySet());
  }

  private static Map<String, String> allocated(IPPool pool) {
    return pool.getStatus() == null ? Map.of() : pool.getStatus().getAllocated();
  }

  private void service(Change<V1Service> change, Informer<V1Service> services) {
    String name = change.object().getMetadata().getName();
    look(name, change, services);
    String namespace = change.object().getMetadata().getNamespace();
    // Others may wait for a port that it had.
    loadBalancers
        .get(ObjectKey.of(namespace, name))
        .map(object -> Asked.shareGroup(object).value())
        .filter(group -> !group.isEmpty() && givesPortsUp(change))
        .ifPresent(group -> sharing.lookAt(namespace, group, new Owner(namespace, name)));
  }

  private static boolean givesPortsUp(Change<V1Service> change) {
    return switch (change) {
      case Change.Added<V1Service> _ -> false;
      case Change.Updated<V1Service>(V1Service before, V1Service after) ->
          !SharedPorts.of(after).containsAll(SharedPorts.of(before));
      case Change.Deleted<V1Service> _ -> true;
    };
  }

  private void slice(Change<V1EndpointSlice> change, Informer<V1EndpointSlice> slices) {
    Map<String, String> labels = change.object().getMetadata().getLabels();
    String service = labels == null ? null : labels.get(KubernetesNames.LABEL_SERVICE_NAME);
    List<String> owners =
        service != null
            ? List.of(service)
            : HostSlices.possibleOwners(change.object().getMetadata().getName());
    owners.forEach(owner -> look(owner, change, slices));
  }

  private void look(String name, Change<?> change, Informer<?> informer) {
    looks.loadBalancer(
        ObjectKey.of(change.object().getMetadata().getNamespace(), name), priority(informer));
  }

  private void instance(Change<VirtualMachineInstance> change, Priority priority) {
    String namespace = change.object().getMetadata().getNamespace();
    for (LoadBalancer candidate : loadBalancers.list(namespace)) {
      Wish wish = Wish.of(candidate);
      if (concerns(wish, change) || Drain.has(candidate, change.object().getMetadata().getName())) {
        looks.loadBalancer(ObjectKey.of(candidate), priority);
      }
    }
  }

  private boolean concerns(Wish wish, Change<VirtualMachineInstance> change) {
    boolean matches =
        Backends.matches(wish, change.object())
            || (change
                    instanceof
                    Change.Updated<VirtualMachineInstance>(VirtualMachineInstance before, var _)
                && Backends.matches(wish, before));
    return matches && wish.mayBeOnHost(book.of(wish.owner()));
  }

  /// What decides about addresses has changed: all who wait shall look.
  void wake() {
    book.mayHaveFreed();
    pending.wake(key -> looks.loadBalancer(key, Priority.NEW));
  }

  /// As above, for those of a namespace. No address has become free.
  void wake(String namespace) {
    pending.wake(key -> {
      if (key.namespace().equals(namespace)) {
        looks.loadBalancer(key, Priority.NEW);
      }
    });
  }

  private static Priority priority(Informer<?> informer) {
    return informer.hasSynced() ? Priority.NEW : Priority.RESYNC;
  }
}
