package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.loadbalancer.rules.Occupied;
import dev.thresher.loadbalancer.rules.Requirements;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1Namespace;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/// Hears what decides about addresses and is no load balancer, pool or claim: to which project a
/// namespace belongs, at which network the machines of a guest cluster are, and which addresses the
/// host itself has. Whoever waits for an address is woken by each of them.
final class Wakeups {

  private final Runnable projects;
  private final Consumer<String> machines;
  private final Runnable hosts;

  /// @param projects called when a namespace has come to another project
  /// @param machines called with a namespace whose machines say something else of guest clusters
  /// @param hosts called when the host itself has other addresses
  Wakeups(Runnable projects, Consumer<String> machines, Runnable hosts) {
    this.projects = projects;
    this.machines = machines;
    this.hosts = hosts;
  }

  /// Before the start.
  void follow(
      Informer<V1Namespace> namespaces,
      Informer<VirtualMachineInstance> instances,
      HostSources sources) {
    namespaces.onChange(change -> {
      if (isOther(change, Needs::projectId, "")) {
        projects.run();
      }
    });
    instances.onChange(change -> {
      if (isOther(change, Requirements::said, List.of())) {
        machines.accept(change.object().getMetadata().getNamespace());
      }
    });
    followHost(sources.nodes(), HostAddresses::ofNode);
    followHost(sources.servers(), HostAddresses::ofServers);
    followHost(sources.virtual(), HostAddresses::ofVirtual);
  }

  private <T extends KubernetesObject> void followHost(
      Informer<T> informer, Function<T, List<Occupied>> said) {
    informer.onChange(change -> {
      if (isOther(change, said, List.of())) {
        hosts.run();
      }
    });
  }

  /// @param none what an object says that is not there
  private static <T extends KubernetesObject, V> boolean isOther(
      Change<T> change, Function<T, V> said, V none) {
    V after = change instanceof Change.Deleted<T> ? none : said.apply(change.object());
    V before =
        switch (change) {
          case Change.Added<T> _ -> none;
          case Change.Updated<T>(T former, T _) -> said.apply(former);
          case Change.Deleted<T>(T former) -> said.apply(former);
        };
    return !before.equals(after);
  }
}
