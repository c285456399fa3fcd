package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubeVipNames;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// The labels that kube-vip gives to the Node of a holder, byte for byte where it can: pure.
///
/// - `kube-vip.io/has-ip` with the control plane's address as it is configured; of several the
///   first
/// - `service-provided.kube-vip.io/SERVICE.NAMESPACE` with the Service's addresses that are held.
///   Of several kube-vip makes a list with commas, which no API server takes: here `_` is between
///   them
///
/// An IPv6 address is written as its 32 hexadecimal digits. What is no label is left out.
///
/// Source: kube-vip/kube-vip, `pkg/node/labeler` (keys and values).
public final class NodeLabelPlan {

  /// RFC 1123 and what the API server takes as a value, or as a key behind the slash.
  private static final Pattern LEGAL =
      Pattern.compile("[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");

  private static final int LONGEST = 63;
  private static final String OF_SERVICE = KubeVipNames.SERVICE_PROVIDED_LABEL + "/";

  private NodeLabelPlan() {}

  /// The control plane as this node is configured for it.
  ///
  /// @param text the first address, or name, of the setting
  /// @param addresses what it stands for; none as long as that is not known
  public record Named(String text, List<InetAddress> addresses) {}

  /// What has to change.
  ///
  /// @param present the labels of this node's Node
  /// @param services the addresses of Services; empty if none are served, their labels are somebody
  ///   else's then
  /// @param controlPlane empty if it is not served here, its label is somebody else's then
  /// @param answers whether this node answers for an address
  /// @return by key the value, or empty where the label goes
  static Map<String, Optional<String>> changes(
      Map<String, String> present,
      Optional<Map<ObjectKey, List<InetAddress>>> services,
      Optional<Named> controlPlane,
      Predicate<InetAddress> answers) {
    Map<String, String> wanted = new HashMap<>();
    controlPlane
        .flatMap(named -> ofControlPlane(named, answers))
        .ifPresent(value -> wanted.put(KubeVipNames.HAS_IP_LABEL, value));
    services
        .orElse(Map.of())
        .forEach((key, addresses) -> {
          String name = key.name() + "." + key.namespace();
          String value = join(addresses.stream().filter(answers).toList());
          if (!value.isEmpty() && LEGAL.matcher(name).matches()) {
            wanted.put(OF_SERVICE + name, value);
          }
        });
    Map<String, Optional<String>> changes = new HashMap<>();
    present
        .keySet()
        .forEach(key -> {
          boolean ours =
              key.equals(KubeVipNames.HAS_IP_LABEL)
                  ? controlPlane.isPresent()
                  : key.startsWith(OF_SERVICE) && services.isPresent();
          if (ours && !wanted.containsKey(key)) {
            changes.put(key, Optional.empty());
          }
        });
    wanted.forEach((key, value) -> {
      if (!value.equals(present.get(key))) {
        changes.put(key, Optional.of(value));
      }
    });
    return changes;
  }

  private static Optional<String> ofControlPlane(Named named, Predicate<InetAddress> answers) {
    if (InetAddresses.isInetAddress(named.text())) {
      InetAddress address = InetAddresses.forString(named.text());
      return answers.test(address) ? Optional.of(value(address)) : Optional.empty();
    }
    return named.addresses().stream().anyMatch(answers) && LEGAL.matcher(named.text()).matches()
        ? Optional.of(named.text())
        : Optional.empty();
  }

  /// As many as have room, in their order.
  private static String join(List<InetAddress> addresses) {
    StringBuilder all = new StringBuilder();
    for (InetAddress address : addresses) {
      String next = value(address);
      if (all.length() + 1 + next.length() > LONGEST) {
        break;
      }
      all.append(all.isEmpty() ? "" : "_").append(next);
    }
    return all.toString();
  }

  static String value(InetAddress address) {
    return address instanceof Inet6Address
        ? HexFormat.of().formatHex(address.getAddress())
        : InetAddresses.toAddrString(address);
  }
}
