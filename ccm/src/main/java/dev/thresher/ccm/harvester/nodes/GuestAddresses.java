package dev.thresher.ccm.harvester.nodes;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.address.IpSubnet;
import dev.thresher.api.kubevirt.Network;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceNetworkInterface;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.harvester.networks.MachineCards;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Which of a machine's addresses its Node reports, and as what.
///
/// In four steps, as harvester-cloud-provider does: one network, its addresses, without those that
/// no node can be reached by, told apart into internal and external. An address that somebody holds
/// as a virtual one is left out before the last step, wherever the guest agent lists it: otherwise
/// it could become the Node's own.
///
/// @param addresses in the order of the guest agent, without the host name
/// @param warnings what was left out although it was listed, and choices that were guesses
/// @param missing why there is no address, empty if there is one
public record GuestAddresses(
    List<MachineAddress> addresses, List<String> warnings, String missing) {

  public GuestAddresses {
    addresses = List.copyOf(addresses);
    warnings = List.copyOf(warnings);
  }

  /// @param isVirtual whether a balancer holds this address
  public static GuestAddresses of(
      V1Node node,
      VirtualMachineInstance machine,
      NodeAddressPolicy policy,
      Predicate<IpAddress> isVirtual) {
    List<String> warnings = new ArrayList<>();
    Optional<String> network = network(machine, policy, warnings);
    if (network.isEmpty()) {
      return new GuestAddresses(
          List.of(),
          warnings,
          policy.managementNetwork().isEmpty()
              ? "the machine has no network"
              : "the machine is not on the network "
                  + policy.managementNetwork()
                  + " of --management-network");
    }
    List<IpAddress> provided = provided(node, policy, warnings);
    Set<IpAddress> usable = new LinkedHashSet<>();
    for (String text : reported(machine, network.get())) {
      Optional<IpAddress> address = IpAddress.tryParse(text);
      if (address.isEmpty()) {
        warnings.add("\"" + text + "\" on network " + network.get() + " is no address");
      } else if (address.get().isReachable()
          && (provided.contains(address.get()) || !isVirtual.test(address.get()))) {
        usable.add(address.get());
      }
    }
    if (usable.isEmpty()) {
      return new GuestAddresses(
          List.of(),
          warnings,
          "no address is reported on its network "
              + network.get()
              + "; is the guest agent (qemu-guest-agent) installed and running?");
    }
    return new GuestAddresses(classify(node, usable, policy, provided, warnings), warnings, "");
  }

  private static Optional<String> network(
      VirtualMachineInstance machine, NodeAddressPolicy policy, List<String> warnings) {
    List<Network> networks = list(machine.getSpec().getNetworks());
    List<Network> secondary = networks.stream().filter(n -> n.getMultus() != null).toList();
    if (!policy.managementNetwork().isEmpty()) {
      return secondary.stream()
          .filter(n -> policy.managementNetwork().equals(n.getMultus().getNetworkName()))
          .map(Network::getName)
          .findFirst();
    }
    if (secondary.size() > 1) {
      warnings.add(
          "of the networks "
              + secondary.stream().map(n -> n.getMultus().getNetworkName()).toList()
              + " the first is taken; --management-network names another");
    }
    // A machine on the pod network alone has nothing else to be reached by.
    return (secondary.isEmpty() ? networks : secondary).stream().map(Network::getName).findFirst();
  }

  private static List<String> reported(VirtualMachineInstance machine, String network) {
    var status = machine.getStatus();
    if (status == null) {
      return List.of();
    }
    for (VirtualMachineInstanceNetworkInterface card : list(status.getInterfaces())) {
      if (network.equals(card.getName())) {
        return MachineCards.addresses(card);
      }
    }
    return List.of();
  }

  /// The addresses given to the kubelet; empty if there are none or they are to be ignored.
  private static List<IpAddress> provided(
      V1Node node, NodeAddressPolicy policy, List<String> warnings) {
    String text = annotation(node, KubernetesNames.PROVIDED_NODE_IP);
    if (policy.ignoreProvidedIp() || text.isEmpty()) {
      return List.of();
    }
    List<IpAddress> provided = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      IpAddress.tryParse(part.strip())
          .ifPresentOrElse(
              provided::add,
              () ->
                  warnings.add(
                      "annotation "
                          + KubernetesNames.PROVIDED_NODE_IP
                          + " has \""
                          + part
                          + "\", which is no address"));
    }
    return provided;
  }

  private static List<MachineAddress> classify(
      V1Node node,
      Set<IpAddress> usable,
      NodeAddressPolicy policy,
      List<IpAddress> provided,
      List<String> warnings) {
    boolean byProvided =
        !policy.ignoreProvidedIp() && !annotation(node, KubernetesNames.PROVIDED_NODE_IP).isEmpty();
    boolean bySubnet = !byProvided && !policy.nodeIpCidrs().isEmpty();
    Set<IpAddress> hidden =
        bySubnet || policy.ignoreProvidedIp() ? Set.of() : additionalInternal(node, warnings);
    Set<IpFamily> internal = EnumSet.noneOf(IpFamily.class);
    List<MachineAddress> classified = new ArrayList<>();
    for (IpAddress address : usable) {
      boolean eligible =
          byProvided
              ? provided.contains(address)
              : !bySubnet || covered(policy.nodeIpCidrs(), address);
      if (eligible && internal.add(address.family())) {
        classified.add(new MachineAddress(MachineAddress.Type.INTERNAL_IP, address.toString()));
      } else if (!hidden.contains(address) && !(bySubnet && covered(policy.excluded(), address))) {
        classified.add(new MachineAddress(MachineAddress.Type.EXTERNAL_IP, address.toString()));
      }
    }
    return classified;
  }

  private static boolean covered(List<IpSubnet> subnets, IpAddress address) {
    return subnets.stream().anyMatch(subnet -> subnet.contains(address));
  }

  /// The node annotation that only hides: its addresses are not reported as external ones.
  private static Set<IpAddress> additionalInternal(V1Node node, List<String> warnings) {
    String text = annotation(node, HarvesterNames.ADDITIONAL_INTERNAL_IPS);
    if (text.isEmpty()) {
      return Set.of();
    }
    Set<IpAddress> addresses = new LinkedHashSet<>();
    for (String item : texts(text, warnings)) {
      IpAddress.tryParse(item.strip())
          .ifPresentOrElse(
              addresses::add,
              () ->
                  warnings.add(
                      "annotation "
                          + HarvesterNames.ADDITIONAL_INTERNAL_IPS
                          + " has \""
                          + item
                          + "\", which is no address"));
    }
    return addresses;
  }

  private static List<String> texts(String json, List<String> warnings) {
    List<String> texts = new ArrayList<>();
    try {
      for (JsonElement item : JsonParser.parseString(json).getAsJsonArray()) {
        texts.add(item.isJsonPrimitive() ? item.getAsString() : item.toString());
      }
    } catch (JsonParseException | IllegalStateException _) {
      warnings.add(
          "annotation "
              + HarvesterNames.ADDITIONAL_INTERNAL_IPS
              + " is \""
              + json
              + "\"; want a JSON array of addresses");
    }
    return texts;
  }

  private static String annotation(V1Node node, String key) {
    Map<String, String> annotations = node.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(key, "");
  }

  private static <T> List<T> list(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }
}
