package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// What the holder has to write into a Service: a pure function.
///
/// The status comes first: the service proxies of all nodes wait for it.
public final class StatusPlan {

  private static final String VIP = "VIP";

  private StatusPlan() {}

  /// @param addresses what the Service wants held, in its order
  /// @param keeping what this node does
  /// @param elsewhere addresses that the record gives to other nodes, as far as known: a Service
  ///   that is held in part by another is written by nobody until it has one holder. What is
  ///   granted here is here, even if it is not known yet that the other gave it up
  /// @return patches in order; none if nothing is held here, something is still being probed, or
  ///   all is written already
  public static List<Patch> of(
      V1Service service,
      List<InetAddress> addresses,
      Keeping keeping,
      Predicate<InetAddress> elsewhere,
      String node) {
    boolean probing =
        addresses.stream()
            .map(address -> keeping.addresses().get(address))
            .anyMatch(kept -> kept != null && kept.state() instanceof Keeping.State.Probing);
    boolean inPart =
        addresses.stream()
            .anyMatch(
                address -> !keeping.addresses().containsKey(address) && elsewhere.test(address));
    if (probing || inPart || addresses.stream().noneMatch(keeping::answers)) {
      return List.of();
    }
    List<V1LoadBalancerIngress> shown = shown(service);
    Set<String> told = shown.stream().map(V1LoadBalancerIngress::getIp).collect(Collectors.toSet());
    List<Patch> patches = new ArrayList<>();
    List<V1LoadBalancerIngress> wanted =
        addresses.stream()
            .filter(address -> stays(address, keeping, told))
            .map(address ->
                new V1LoadBalancerIngress().ip(InetAddresses.toAddrString(address)).ipMode(VIP))
            .toList();
    if (!same(shown, wanted)) {
      patches.add(Patches.serviceIngress(wanted));
    }
    Map<String, String> annotations = service.getMetadata().getAnnotations();
    if (annotations == null || !node.equals(annotations.get(KubeVipNames.VIP_HOST))) {
      patches.add(Patches.annotations(Map.of(KubeVipNames.VIP_HOST, Optional.of(node))));
    }
    return patches;
  }

  /// What was told stays while nobody holds it, between two holders: whoever reads the status would
  /// take the address out of use. This node takes it back only if it finds that it cannot hold it.
  private static boolean stays(InetAddress address, Keeping keeping, Set<String> told) {
    return keeping.answers(address)
        || (!keeping.addresses().containsKey(address)
            && told.contains(InetAddresses.toAddrString(address)));
  }

  private static List<V1LoadBalancerIngress> shown(V1Service service) {
    return service.getStatus() == null
            || service.getStatus().getLoadBalancer() == null
            || service.getStatus().getLoadBalancer().getIngress() == null
        ? List.of()
        : service.getStatus().getLoadBalancer().getIngress();
  }

  private static boolean same(
      List<V1LoadBalancerIngress> shown, List<V1LoadBalancerIngress> wanted) {
    if (shown.size() != wanted.size()) {
      return false;
    }
    for (int i = 0; i < shown.size(); i++) {
      if (!Objects.equals(shown.get(i).getIp(), wanted.get(i).getIp())
          || !Objects.equals(shown.get(i).getIpMode(), wanted.get(i).getIpMode())
          || shown.get(i).getHostname() != null) {
        return false;
      }
    }
    return true;
  }
}
