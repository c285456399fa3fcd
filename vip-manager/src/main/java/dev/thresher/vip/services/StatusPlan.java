package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonObject;
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
  ///   all is written already. An address that a stranger turned out to have is taken back
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
    if (probing || inPart) {
      return List.of();
    }
    if (addresses.stream().noneMatch(keeping::answers)) {
      return disputed(service, addresses, keeping);
    }
    boolean rests = ServiceReader.restsOnStatus(service);
    List<V1LoadBalancerIngress> shown = shown(service);
    Set<String> told = shown.stream().map(V1LoadBalancerIngress::getIp).collect(Collectors.toSet());
    List<Patch> patches = new ArrayList<>();
    List<V1LoadBalancerIngress> wanted =
        addresses.stream()
            .filter(address -> stays(address, keeping, told, rests))
            .map(address ->
                new V1LoadBalancerIngress().ip(InetAddresses.toAddrString(address)).ipMode(VIP))
            .toList();
    if (!same(shown, wanted)) {
      patches.add(Patches.serviceIngress(wanted));
    }
    if (!node.equals(holder(service))) {
      patches.add(Patches.annotations(Map.of(KubeVipNames.VIP_HOST, Optional.of(node))));
    }
    return patches;
  }

  /// What is to be written into a Service that may have none of the addresses that it asks for:
  /// those that it had are nobody's to answer, and may be another Service's soon.
  public static List<Patch> refused(V1Service service) {
    return takenBack(service, address -> false);
  }

  /// What is to be written into a Service of whose addresses nobody holds any: no holder comes to
  /// say in place of those that it asked for before which it has. Those that it asks for now stay
  /// told, as between two holders.
  public static List<Patch> idle(V1Service service) {
    return takenBack(service, ServiceReader.named(service)::contains);
  }

  /// Nothing is answered here. What a stranger has must not stay told, and neither what the Service
  /// asks for no more: service proxies would go on translating it. The rest may be answered soon.
  private static List<Patch> disputed(
      V1Service service, List<InetAddress> addresses, Keeping keeping) {
    return addresses.stream().anyMatch(address -> isDisputed(address, keeping))
        ? takenBack(
            service, address -> addresses.contains(address) && !isDisputed(address, keeping))
        : List.of();
  }

  private static boolean isDisputed(InetAddress address, Keeping keeping) {
    Keeping.Kept kept = keeping.addresses().get(address);
    return kept != null && kept.state() instanceof Keeping.State.Conflict;
  }

  /// Takes what this software told out of a status, at the version that was seen: whoever holds an
  /// address may be writing just now. A status without our annotation is another's, and one that
  /// alone says what is asked for stays, for nothing would bring the address back.
  private static List<Patch> takenBack(V1Service service, Predicate<InetAddress> stays) {
    if (holder(service).isEmpty() || ServiceReader.restsOnStatus(service)) {
      return List.of();
    }
    List<V1LoadBalancerIngress> shown = shown(service);
    List<V1LoadBalancerIngress> left =
        shown.stream().filter(entry -> !isAddress(entry) || stays.test(address(entry))).toList();
    List<Patch> patches = new ArrayList<>();
    if (left.size() < shown.size()) {
      patches.add(seen(service, Patches.serviceIngress(left)));
    }
    if (left.isEmpty()) {
      patches.add(Patches.annotations(Map.of(KubeVipNames.VIP_HOST, Optional.empty())));
    }
    return patches;
  }

  /// A patch that holds only for this version of the Service: of what others write, too.
  static Patch seen(V1Service service, Patch patch) {
    JsonObject document = patch.document().getAsJsonObject().deepCopy();
    JsonObject meta = new JsonObject();
    meta.addProperty("resourceVersion", service.getMetadata().getResourceVersion());
    document.add("metadata", meta);
    return new Patch.Merge(document, patch.subresource());
  }

  /// The node that told the status; empty if nobody of ours did.
  private static String holder(V1Service service) {
    Map<String, String> annotations = service.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(KubeVipNames.VIP_HOST, "");
  }

  private static boolean isAddress(V1LoadBalancerIngress entry) {
    return entry.getHostname() == null
        && entry.getIp() != null
        && InetAddresses.isInetAddress(entry.getIp());
  }

  private static InetAddress address(V1LoadBalancerIngress entry) {
    return InetAddresses.forString(Objects.requireNonNull(entry.getIp()));
  }

  /// What was told stays while nobody holds it, between two holders: whoever reads the status would
  /// take the address out of use. This node takes it back only if it finds that it cannot hold it,
  /// and never where the Service would forget it so.
  private static boolean stays(
      InetAddress address, Keeping keeping, Set<String> told, boolean rests) {
    return keeping.answers(address)
        || ((rests || !keeping.addresses().containsKey(address))
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
