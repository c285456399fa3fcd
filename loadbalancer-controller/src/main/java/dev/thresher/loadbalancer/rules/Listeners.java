package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.Texts.text;

import dev.thresher.api.loadbalancer.HealthCheck;
import dev.thresher.api.loadbalancer.Listener;
import dev.thresher.api.names.DnsLabel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The ports of a load balancer that is held on the host, and the port of its health check.
public final class Listeners {

  private static final int LAST_PORT = 65_535;
  private static final Set<String> PROTOCOLS = Set.of("TCP", "UDP", "SCTP");

  private Listeners() {}

  public static boolean isPort(@Nullable Integer number) {
    return number != null && number >= 1 && number <= LAST_PORT;
  }

  /// TCP unless the listener says otherwise.
  public static String protocol(Listener listener) {
    String protocol = text(listener.getProtocol());
    return protocol.isEmpty() ? "TCP" : protocol;
  }

  /// The name of the Service's port. A Service with several ports needs a name for each, which
  /// Harvester's schema does not ask for: then it is made of protocol and port.
  ///
  /// @param all how many listeners there are
  public static String name(Listener listener, int all) {
    String name = text(listener.getName());
    return name.isEmpty() && all > 1
        ? protocol(listener).toLowerCase(Locale.ROOT) + "-" + listener.getPort()
        : name;
  }

  /// What is wrong with ports that the host is to answer.
  static List<Violation> check(List<Listener> listeners) {
    var violations = new ArrayList<Violation>();
    Map<String, Integer> names = new HashMap<>();
    Map<String, Integer> ports = new HashMap<>();
    for (int i = 0; i < listeners.size(); i++) {
      Listener listener = listeners.get(i);
      String field = "spec.listeners[" + i + "]";
      protocol(field, listener, violations);
      port(field + ".port", listener.getPort(), violations);
      port(field + ".backendPort", listener.getBackendPort(), violations);
      String given = text(listener.getName());
      if (!given.isEmpty() && !DnsLabel.is(given)) {
        violations.add(
            new Violation(
                field + ".name",
                given,
                "at most 63 lower-case letters, digits and dashes, no dash at the ends",
                "rename the listener"));
      }
      String name = name(listener, listeners.size());
      @Nullable Integer same = name.isEmpty() ? null : names.putIfAbsent(name, i);
      if (same != null) {
        violations.add(
            new Violation(
                field + ".name",
                name,
                "a name that no other listener has",
                "rename this listener or spec.listeners[" + same + "]"));
      }
      same = ports.putIfAbsent(protocol(listener) + " " + listener.getPort(), i);
      if (same != null) {
        violations.add(
            new Violation(
                field + ".port",
                String.valueOf(listener.getPort()),
                "a port that no other listener has with protocol " + protocol(listener),
                "change this port or that of spec.listeners[" + same + "]"));
      }
    }
    return violations;
  }

  /// What is wrong with ports that only a guest cluster answers.
  static List<Violation> checkProtocols(List<Listener> listeners) {
    var violations = new ArrayList<Violation>();
    for (int i = 0; i < listeners.size(); i++) {
      protocol("spec.listeners[" + i + "]", listeners.get(i), violations);
    }
    return violations;
  }

  private static void protocol(String field, Listener listener, List<Violation> violations) {
    if (!PROTOCOLS.contains(protocol(listener))) {
      violations.add(
          new Violation(
              field + ".protocol",
              protocol(listener),
              "TCP, UDP or SCTP in capitals",
              "leave it out for TCP"));
    }
  }

  private static void port(String field, @Nullable Integer port, List<Violation> violations) {
    if (!isPort(port)) {
      violations.add(
          new Violation(
              field,
              port == null ? "" : String.valueOf(port),
              "a number from 1 to " + LAST_PORT,
              "give the port"));
    }
  }

  /// What is wrong with the port of a TCP check of machines: Harvester has it checked only where
  /// clients come to. Without a port there is no check.
  static List<Violation> check(@Nullable HealthCheck check, List<Listener> listeners) {
    if (check == null || isZero(check.getPort())) {
      return List.of();
    }
    var violations = new ArrayList<Violation>();
    List<Listener> behind =
        listeners.stream().filter(l -> check.getPort().equals(l.getBackendPort())).toList();
    if (behind.stream().noneMatch(l -> protocol(l).equals("TCP"))) {
      violations.add(
          new Violation(
              "spec.healthCheck.port",
              String.valueOf(check.getPort()),
              "the backendPort of a listener with protocol TCP",
              behind.isEmpty()
                  ? "name one of " + tcpBackendPorts(listeners) + ", or 0 for no check"
                  : "add a TCP listener with this backendPort, or 0 for no check"));
    }
    return violations;
  }

  private static List<Integer> tcpBackendPorts(List<Listener> listeners) {
    return listeners.stream()
        .filter(l -> protocol(l).equals("TCP"))
        .map(Listener::getBackendPort)
        .toList();
  }

  static boolean isZero(@Nullable Integer number) {
    return number == null || number == 0;
  }
}
