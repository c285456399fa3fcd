package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.api.names.ThresherNames;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Objects of this guest cluster on the host that no Service stands for, and objects under its name
/// that another guest made.
///
/// @param strays by name
/// @param foreign names of the objects of other guests by the UID that those recorded
record Strays(List<Stray> strays, Map<String, List<String>> foreign) {

  Strays {
    strays = List.copyOf(strays);
    foreign = Map.copyOf(foreign);
  }

  /// Why nobody stands for an object.
  enum Kind {
    /// There is no Service with its UID, or that one is no balancer any more.
    ORPHAN("orphan"),
    /// The Service has another object, whose address it uses.
    DUPLICATE("duplicate");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /// As in labels of metrics.
    String text() {
      return text;
    }
  }

  /// One object.
  ///
  /// @param service what it was made for
  /// @param recorded whether it says that this guest made it; an object of Harvester's cloud
  ///   provider does not say which guest it is of
  record Stray(
      Kind kind,
      ObjectKey key,
      String uid,
      ObjectKey service,
      boolean recorded,
      List<String> addresses) {
    Stray {
      addresses = List.copyOf(addresses);
    }
  }

  /// @param balancers all of the namespace
  /// @param cluster `--cluster-name`
  /// @param guestUid identity of the guest cluster
  /// @param services finds the Services of the guest
  static Strays among(
      Collection<? extends LoadBalancer> balancers,
      String cluster,
      String guestUid,
      Function<ObjectKey, Optional<V1Service>> services) {
    List<Stray> strays = new ArrayList<>();
    Map<String, List<LoadBalancer>> homes = new HashMap<>();
    Map<String, List<String>> foreign = new HashMap<>();
    for (LoadBalancer balancer : balancers) {
      Optional<Ownership.Claim> claim = Ownership.Claim.of(balancer);
      if (claim.isEmpty() || balancer.getMetadata().getDeletionTimestamp() != null) {
        continue;
      }
      ObjectKey service = ObjectKey.of(claim.get().serviceNamespace(), claim.get().serviceName());
      Optional<V1Service> home =
          services.apply(service).filter(found -> isHome(found, balancer, claim.get()));
      if (home.isPresent()) {
        homes
            .computeIfAbsent(
                Objects.requireNonNull(home.get().getMetadata().getUid()), _ -> new ArrayList<>())
            .add(balancer);
        continue;
      }
      String recorded = recorded(balancer);
      boolean named = claim.get().cluster().equals(cluster);
      if (recorded.equals(guestUid) || (recorded.isEmpty() && named)) {
        strays.add(stray(Kind.ORPHAN, balancer, service, !recorded.isEmpty()));
      } else if (named) {
        foreign
            .computeIfAbsent(recorded, _ -> new ArrayList<>())
            .add(balancer.getMetadata().getName());
      }
    }
    for (List<LoadBalancer> own : homes.values()) {
      Optional<ObjectKey> chosen = Ownership.choose(own).map(ObjectKey::of);
      own.stream()
          .filter(balancer -> !chosen.equals(Optional.of(ObjectKey.of(balancer))))
          .map(balancer -> {
            Ownership.Claim claim = Ownership.Claim.of(balancer).orElseThrow();
            return stray(
                Kind.DUPLICATE,
                balancer,
                ObjectKey.of(claim.serviceNamespace(), claim.serviceName()),
                true);
          })
          .forEach(strays::add);
    }
    strays.sort(Comparator.comparing(stray -> stray.key().toString()));
    return new Strays(
        strays,
        foreign.entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey, entry -> entry.getValue().stream().sorted().toList())));
  }

  /// A Service that is no balancer and has no finalizer has forgotten its object.
  private static boolean isHome(V1Service service, LoadBalancer balancer, Ownership.Claim claim) {
    var spec = service.getSpec();
    List<String> finalizers = service.getMetadata().getFinalizers();
    return Ownership.isOf(
            balancer,
            claim.serviceNamespace(),
            claim.serviceName(),
            Objects.requireNonNull(service.getMetadata().getUid()))
        && ((spec != null && "LoadBalancer".equals(spec.getType()))
            || (finalizers != null
                && finalizers.contains(KubernetesNames.LOAD_BALANCER_FINALIZER)));
  }

  private static String recorded(LoadBalancer balancer) {
    Map<String, String> annotations = balancer.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(ThresherNames.GUEST_CLUSTER_UID, "");
  }

  private static Stray stray(
      Kind kind, LoadBalancer balancer, ObjectKey service, boolean recorded) {
    return new Stray(
        kind,
        ObjectKey.of(balancer),
        Objects.requireNonNull(balancer.getMetadata().getUid()),
        service,
        recorded,
        Balancer.of(balancer).addresses());
  }
}
