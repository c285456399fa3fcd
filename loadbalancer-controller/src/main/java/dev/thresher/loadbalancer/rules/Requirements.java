package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.Texts.annotation;
import static dev.thresher.loadbalancer.rules.Texts.annotations;
import static dev.thresher.loadbalancer.rules.Texts.label;
import static dev.thresher.loadbalancer.rules.Texts.text;

import dev.thresher.api.kubevirt.Network;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.ipam.Requirement;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// What a load balancer needs of a pool, and the annotations that say so.
///
/// The mutating webhook writes the annotations whenever the object is written. Its failure policy
/// is Ignore, so an object may lack them, or have those of whoever wrote it: what the webhook would
/// have written counts.
public final class Requirements {

  private Requirements() {}

  /// What the host knows about a load balancer's namespace.
  ///
  /// @param projectId annotation `field.cattle.io/projectId` of the namespace, empty for none
  /// @param instances the virtual machine instances of the namespace
  public record Surroundings(String projectId, Collection<VirtualMachineInstance> instances) {
    public static final Surroundings NONE = new Surroundings("", List.of());

    public Surroundings {
      instances = List.copyOf(instances);
    }
  }

  /// What the annotations say.
  public static Requirement stated(LoadBalancer object) {
    return of(object, annotations(object));
  }

  /// What the annotations say after the mutating webhook: what it sets is not the writer's to say.
  public static Requirement complete(LoadBalancer object, Surroundings surroundings) {
    Map<String, String> all = new LinkedHashMap<>(annotations(object));
    all.putAll(defaults(object, surroundings));
    return of(object, all);
  }

  private static Requirement of(LoadBalancer object, Map<String, String> annotations) {
    String namespace = text(annotations.get(HarvesterNames.LB_REQUIRED_NAMESPACE));
    return new Requirement(
        text(annotations.get(HarvesterNames.LB_REQUIRED_NETWORK)),
        text(annotations.get(HarvesterNames.LB_REQUIRED_PROJECT)),
        namespace.isEmpty() ? text(object.getMetadata().getNamespace()) : namespace,
        text(annotations.get(HarvesterNames.LB_REQUIRED_CLUSTER)));
  }

  /// The annotations as the mutating webhook writes them: the namespace is the object's own, and
  /// for a guest cluster the project is the namespace's and the network is
  ///
  /// 1. the one that the guest's Service asked for,
  /// 2. the cluster's management network,
  /// 3. one that stands there already,
  /// 4. the first secondary network of the first machine that is a node of the cluster, by its
  ///    label, or by the beginning of its name for clusters made before there was the label.
  public static Map<String, String> defaults(LoadBalancer object, Surroundings surroundings) {
    var all = new LinkedHashMap<String, String>();
    all.put(HarvesterNames.LB_REQUIRED_NAMESPACE, text(object.getMetadata().getNamespace()));
    if (Asked.guestCluster(object).value()) {
      all.put(HarvesterNames.LB_REQUIRED_PROJECT, surroundings.projectId().replaceFirst(":", "/"));
      all.put(HarvesterNames.LB_REQUIRED_NETWORK, network(object, surroundings.instances()));
    }
    return all;
  }

  private static String network(LoadBalancer object, Collection<VirtualMachineInstance> instances) {
    return Stream.of(
            HarvesterNames.LB_NETWORK,
            HarvesterNames.MANAGEMENT_NETWORK,
            HarvesterNames.LB_REQUIRED_NETWORK)
        .map(key -> annotation(object, key))
        .filter(network -> !network.isEmpty())
        .findFirst()
        .orElseGet(() -> networkOfMachines(LoadBalancerRules.cluster(object), instances));
  }

  private static String networkOfMachines(
      String cluster, Collection<VirtualMachineInstance> instances) {
    if (cluster.isEmpty()) {
      return "";
    }
    Predicate<VirtualMachineInstance> labelled =
        machine -> label(machine, HarvesterNames.GUEST_CLUSTER_LABEL).equals(cluster);
    Predicate<VirtualMachineInstance> named =
        machine ->
            label(machine, HarvesterNames.GUEST_CLUSTER_LABEL).isEmpty()
                && label(machine, HarvesterNames.CREATOR_LABEL)
                    .equals(HarvesterNames.CREATOR_NODE_DRIVER)
                && machine.getMetadata().getName().startsWith(cluster);
    return firstNetwork(instances, labelled).or(() -> firstNetwork(instances, named)).orElse("");
  }

  /// By name, so that every replica of the webhook gives the same answer.
  private static Optional<String> firstNetwork(
      Collection<VirtualMachineInstance> instances, Predicate<VirtualMachineInstance> nodes) {
    return instances.stream()
        .filter(nodes)
        .sorted(Comparator.comparing(machine -> machine.getMetadata().getName()))
        .flatMap(machine -> networks(machine).stream())
        .filter(network -> network.getMultus() != null)
        .map(network -> text(network.getMultus().getNetworkName()))
        .filter(network -> !network.isEmpty())
        .findFirst();
  }

  /// All that is read of a machine here: of which cluster it is a node, and its networks. Empty for
  /// one that is no node of any.
  public static List<String> said(VirtualMachineInstance machine) {
    String cluster = label(machine, HarvesterNames.GUEST_CLUSTER_LABEL);
    String creator = label(machine, HarvesterNames.CREATOR_LABEL);
    if (cluster.isEmpty() && !creator.equals(HarvesterNames.CREATOR_NODE_DRIVER)) {
      return List.of();
    }
    return Stream.concat(
            Stream.of(cluster, creator),
            networks(machine).stream()
                .filter(network -> network.getMultus() != null)
                .map(network -> text(network.getMultus().getNetworkName())))
        .toList();
  }

  private static List<Network> networks(VirtualMachineInstance machine) {
    return machine.getSpec() == null ? List.of() : machine.getSpec().getNetworks();
  }
}
