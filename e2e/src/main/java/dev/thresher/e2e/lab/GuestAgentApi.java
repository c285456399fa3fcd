package dev.thresher.e2e.lab;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/// `subresources.kubevirt.io` as an aggregated API of the host, served by the lab's own process on
/// the control plane's machine.
final class GuestAgentApi {
  private static final List<String> VERSIONS = List.of("v1", "v1alpha3");

  private GuestAgentApi() {}

  static void register(ControlPlane host) {
    host.expose("kubevirt", "virt-api", host, ControlPlaneProcesses.SIDE_PORT);
    String authority =
        Base64.getEncoder().encodeToString(host.authorityPem().getBytes(StandardCharsets.US_ASCII));
    for (String version : VERSIONS) {
      host.api()
          .apply(
              Json.object(
                  "apiVersion",
                  "apiregistration.k8s.io/v1",
                  "kind",
                  "APIService",
                  "metadata",
                  Json.object("name", version + ".subresources.kubevirt.io"),
                  "spec",
                  Json.object(
                      "group",
                      "subresources.kubevirt.io",
                      "version",
                      version,
                      "groupPriorityMinimum",
                      1000,
                      "versionPriority",
                      15,
                      "caBundle",
                      authority,
                      "service",
                      Json.object("name", "virt-api", "namespace", "kubevirt", "port", 443))));
    }
  }
}
