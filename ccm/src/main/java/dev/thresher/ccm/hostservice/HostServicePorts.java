package dev.thresher.ccm.hostservice;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.ccm.hostservice.HostServiceRequest.Port;
import io.kubernetes.client.openapi.models.V1ServicePort;
import java.util.List;
import java.util.Objects;

/// The ports of a host Service: the guest's ports, each leading to the guest's node port.
final class HostServicePorts {

  private HostServicePorts() {}

  static boolean same(List<Port> wanted, List<V1ServicePort> seen) {
    if (seen.size() != wanted.size()) {
      return false;
    }
    for (int i = 0; i < seen.size(); i++) {
      if (!same(wanted.get(i), seen.get(i))) {
        return false;
      }
    }
    return true;
  }

  /// The ports, each with the node port that the host gave it: a replaced list would get new ones.
  static JsonArray document(List<Port> wanted, List<V1ServicePort> seen) {
    JsonArray ports = new JsonArray();
    for (Port port : wanted) {
      JsonObject entry = new JsonObject();
      if (!port.name().isEmpty()) {
        entry.addProperty("name", port.name());
      }
      entry.addProperty("protocol", port.protocol());
      entry.addProperty("port", port.port());
      entry.addProperty("targetPort", port.nodePort());
      if (!port.appProtocol().isEmpty()) {
        entry.addProperty("appProtocol", port.appProtocol());
      }
      seen.stream()
          .filter(other ->
              Objects.equals(other.getPort(), port.port())
                  && port.protocol().equals(Objects.requireNonNullElse(other.getProtocol(), "TCP")))
          .map(V1ServicePort::getNodePort)
          .filter(nodePort -> nodePort != null && nodePort != 0)
          .findFirst()
          .ifPresent(nodePort -> entry.addProperty("nodePort", nodePort));
      ports.add(entry);
    }
    return ports;
  }

  private static boolean same(Port port, V1ServicePort seen) {
    return port.name().equals(Objects.requireNonNullElse(seen.getName(), ""))
        && port.protocol().equals(Objects.requireNonNullElse(seen.getProtocol(), "TCP"))
        && port.appProtocol().equals(Objects.requireNonNullElse(seen.getAppProtocol(), ""))
        && Objects.equals(port.port(), seen.getPort())
        && seen.getTargetPort() != null
        && seen.getTargetPort().isInteger()
        && Objects.equals(port.nodePort(), seen.getTargetPort().getIntValue());
  }
}
