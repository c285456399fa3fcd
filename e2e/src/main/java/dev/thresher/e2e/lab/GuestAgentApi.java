package dev.thresher.e2e.lab;

/// `subresources.kubevirt.io` as an aggregated API of the host, served by the lab.
///
/// The Service has no selector; its EndpointSlice leads to the control plane's own machine, which
/// the API server reaches because it routes aggregated requests to endpoints itself.
final class GuestAgentApi {
  private GuestAgentApi() {}

  static void register(ControlPlane host) {
    host.ensureNamespace("kubevirt");
    host.apply(
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: virt-api
          namespace: kubevirt
        spec:
          ports:
            - port: 443
              targetPort: %1$d
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: virt-api-lab
          namespace: kubevirt
          labels:
            kubernetes.io/service-name: virt-api
            endpointslice.kubernetes.io/managed-by: lab
        addressType: IPv4
        ports:
          - port: %1$d
            protocol: TCP
        endpoints:
          - addresses: ["%2$s"]
            conditions:
              ready: true
        """
            .formatted(host.sidePort(), host.addresses().ipv4()));
    for (String version : new String[] {"v1", "v1alpha3"}) {
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
                      base64(host.authorityPem()),
                      "service",
                      Json.object("name", "virt-api", "namespace", "kubevirt", "port", 443))));
    }
  }

  private static String base64(String text) {
    return java.util.Base64.getEncoder()
        .encodeToString(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }
}
