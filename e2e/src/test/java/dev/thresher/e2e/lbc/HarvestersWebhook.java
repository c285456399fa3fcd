package dev.thresher.e2e.lbc;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.runtime.client.Pem;
import dev.thresher.runtime.tls.CertificateAuthority;
import dev.thresher.runtime.tls.CertifiedKey;
import dev.thresher.runtime.tls.ServerCertificates;
import dev.thresher.runtime.tls.ServerTls;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/// Stands in for the webhook of `harvester-load-balancer`: all objects that its chart and its
/// program leave on a host, and a server that answers as the program does, where it matters here.
///
/// A lab has no kubelet and runs no Deployments, so [#play] does their work: as long as the
/// Deployment wants a replica there is a ready pod, which is this process, and a server behind it.
final class HarvestersWebhook implements AutoCloseable {

  static final String REFUSAL = "the loadbalancer needs to have at least one listener";

  private static final String SYSTEM = "harvester-system";
  private static final String NAME = "harvester-load-balancer-webhook";
  private static final String GROUP = "loadbalancer.harvesterhci.io";
  private static final int PORT = 8443;
  private static final String DEPLOYMENT =
      "/apis/apps/v1/namespaces/" + SYSTEM + "/deployments/" + NAME;
  private static final String POD = "/api/v1/namespaces/" + SYSTEM + "/pods/" + NAME + "-0";
  private static final String DEFINITION =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/loadbalancers." + GROUP;

  private final ControlPlane host;
  private final InetAddress address;
  private final CertifiedKey authority;
  private final CertifiedKey certificate;
  private Optional<Serving> serving = Optional.empty();

  private record Serving(HttpsServer server, ExecutorService threads) {}

  /// Makes the objects; the Deployment is there already.
  HarvestersWebhook(ControlPlane host) {
    this.host = host;
    Instant now = Instant.now();
    authority =
        CertificateAuthority.create(
            "dynamiclistener-ca@" + now.getEpochSecond(),
            now.minus(Duration.ofDays(30)),
            now.plus(Duration.ofDays(3620)));
    certificate =
        CertificateAuthority.issue(
            authority,
            List.of(NAME + "." + SYSTEM + ".svc"),
            now.minus(Duration.ofDays(30)),
            now.plus(Duration.ofDays(335)));
    try (var socket = new Socket(host.addresses().ipv4(), host.url().getPort())) {
      address = socket.getLocalAddress();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    chart();
    secret("ca", authority);
    secret("tls", certificate);
    play();
    configurations();
    conversion();
  }

  // --- Objects ---

  private void chart() {
    host.apply(
        """
        apiVersion: v1
        kind: Node
        metadata: {name: harvester-0}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: %1$s, namespace: %2$s}
        spec:
          type: ClusterIP
          ports: [{name: https, port: 443, protocol: TCP, targetPort: %3$d}]
          selector: {app.kubernetes.io/name: %1$s}
        """
            .formatted(NAME, SYSTEM, PORT));
  }

  /// As dynamiclistener, the library of Rancher's that the program uses, keeps them.
  private void secret(String suffix, CertifiedKey content) {
    host.apply(
        """
        apiVersion: v1
        kind: Secret
        metadata:
          name: %s-%s
          namespace: %s
          annotations: {listener.cattle.io/cn-%s.%s.svc: %s.%s.svc}
        type: kubernetes.io/tls
        data: {tls.crt: %s, tls.key: %s}
        """
            .formatted(
                NAME,
                suffix,
                SYSTEM,
                NAME,
                SYSTEM,
                NAME,
                SYSTEM,
                base64(Pem.text(content.chain())),
                base64(sec1(content))));
  }

  /// Go's older form of a key.
  private static String sec1(CertifiedKey content) {
    var point =
        SubjectPublicKeyInfo.getInstance(
            ((ECPublicKey) content.chain().getFirst().getPublicKey()).getEncoded());
    var text = new StringWriter();
    try (var writer = new PemWriter(text)) {
      writer.writeObject(
          new PemObject(
              "EC PRIVATE KEY",
              new org.bouncycastle.asn1.sec.ECPrivateKey(
                      256,
                      ((ECPrivateKey) content.key()).getS(),
                      new DERBitString(point.getPublicKeyData().getBytes()),
                      X9ObjectIdentifiers.prime256v1)
                  .getEncoded()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  private String bundle() {
    return base64(Pem.text(authority.chain()));
  }

  private void configurations() {
    for (String kind : List.of("Validating", "Mutating")) {
      boolean validating = kind.equals("Validating");
      host.apply(
          """
          apiVersion: admissionregistration.k8s.io/v1
          kind: %1$sWebhookConfiguration
          metadata:
            name: %2$s
            labels: {objectset.rio.cattle.io/hash: 6a8e7e7d1f}
          webhooks:
            - name: %3$s.%4$s.%2$s
              clientConfig:
                service: {namespace: %4$s, name: %2$s, path: /v1/webhook/%5$s, port: 443}
                caBundle: %6$s
              rules:
                - {apiGroups: [%7$s], apiVersions: [v1beta1], operations: [%8$s], resources: [ippools], scope: Cluster}
                - {apiGroups: [%7$s], apiVersions: [v1beta1], operations: [CREATE, UPDATE], resources: [loadbalancers], scope: Namespaced}
              failurePolicy: %9$s
              sideEffects: None
              admissionReviewVersions: [v1, v1beta1]
          """
              .formatted(
                  kind,
                  NAME,
                  validating ? "validator" : "mutator",
                  SYSTEM,
                  validating ? "validation" : "mutation",
                  bundle(),
                  GROUP,
                  validating ? "CREATE, UPDATE, DELETE" : "CREATE, UPDATE",
                  validating ? "Fail" : "Ignore"));
    }
  }

  private void conversion() {
    JsonObject definition = host.api().get(DEFINITION);
    JsonObject spec = definition.getAsJsonObject("spec");
    for (JsonElement version : spec.getAsJsonArray("versions")) {
      version.getAsJsonObject().addProperty("served", true);
    }
    spec.add(
        "conversion",
        JsonParser.parseString(
            """
            {"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1", "v1beta1"], "clientConfig": {"caBundle": "%s",
             "service": {"namespace": "%s", "name": "%s", "path": "/v1/webhook/conversion", "port": 443}}}}
            """
                .formatted(bundle(), SYSTEM, NAME)));
    var _ = host.api().replace(DEFINITION, definition);
  }

  // --- Deployment, pod and server ---

  /// One look of what keeps Deployments and pods.
  void play() {
    boolean wanted = !HostObjects.text(host.api().get(DEPLOYMENT), "spec", "replicas").equals("0");
    if (wanted && serving.isEmpty()) {
      serving = Optional.of(serve());
      pod();
    } else if (!wanted && serving.isPresent()) {
      // A pod that is to end leaves its Service first, and goes once its process is gone.
      host.api().delete(POD);
      Await.until("the pod to leave its Service", Await.PATIENCE, () -> !served());
      stop();
      host.api().delete(POD + "?gracePeriodSeconds=0");
    }
  }

  boolean runs() {
    return serving.isPresent();
  }

  /// Whether the Service leads to the pod.
  private boolean served() {
    return host
        .api()
        .list("/apis/discovery.k8s.io/v1/namespaces/" + SYSTEM + "/endpointslices")
        .stream()
        .filter(slice -> slice.get("endpoints") instanceof JsonArray)
        .flatMap(slice -> slice.getAsJsonArray("endpoints").asList().stream())
        .map(endpoint -> endpoint.getAsJsonObject().toString())
        .anyMatch(endpoint ->
            endpoint.contains("\"" + address.getHostAddress() + "\"")
                && endpoint.contains("\"ready\":true"));
  }

  private void pod() {
    host.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: %1$s-0
          namespace: %2$s
          labels: {app.kubernetes.io/name: %1$s}
        spec:
          nodeName: harvester-0
          serviceAccountName: %1$s
          automountServiceAccountToken: false
          containers: [{name: %1$s, image: lab.invalid/%1$s}]
        """
            .formatted(NAME, SYSTEM));
    String ip = address.getHostAddress();
    var _ =
        host.api()
            .merge(
                POD + "/status",
                JsonParser.parseString(
                        """
                        {"status": {"phase": "Running", "podIP": "%s", "podIPs": [{"ip": "%s"}],
                          "conditions": [{"type": "Ready", "status": "True"}]}}
                        """
                            .formatted(ip, ip))
                    .getAsJsonObject());
  }

  private Serving serve() {
    try {
      HttpsServer server = HttpsServer.create(new InetSocketAddress(address, PORT), 0);
      ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
      server.setExecutor(threads);
      server.setHttpsConfigurator(
          new HttpsConfigurator(ServerTls.context(new ServerCertificates.Held(() -> certificate))));
      server.createContext("/v1/webhook/", HarvestersWebhook::answer);
      server.start();
      return new Serving(server, threads);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void stop() {
    serving.ifPresent(open -> {
      open.server().stop(1);
      open.threads().close();
    });
    serving = Optional.empty();
  }

  @Override
  public void close() {
    stop();
  }

  // --- Answers ---

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      if (text.isEmpty()) {
        exchange.sendResponseHeaders(400, -1);
        return;
      }
      JsonObject review = JsonParser.parseString(text).getAsJsonObject();
      JsonObject request = review.getAsJsonObject("request");
      var response = new JsonObject();
      response.add("uid", request.get("uid"));
      if (exchange.getRequestURI().getPath().endsWith("/conversion")) {
        convert(request, response);
      } else {
        admit(exchange.getRequestURI().getPath(), request, response);
      }
      review.remove("request");
      review.add("response", response);
      byte[] body = review.toString().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private static void convert(JsonObject request, JsonObject response) {
    var converted = new JsonArray();
    for (JsonElement element : request.getAsJsonArray("objects")) {
      JsonObject object = element.getAsJsonObject().deepCopy();
      object.add("apiVersion", request.get("desiredAPIVersion"));
      converted.add(object);
    }
    response.add("convertedObjects", converted);
    var result = new JsonObject();
    result.addProperty("status", "Success");
    response.add("result", result);
  }

  private static void admit(String path, JsonObject request, JsonObject response) {
    boolean refused =
        path.endsWith("/validation")
            && HostObjects.text(request, "resource", "resource").equals("loadbalancers")
            && !HostObjects.text(request, "object", "spec", "workloadType").equals("cluster")
            && !request.getAsJsonObject("object").getAsJsonObject("spec").has("listeners");
    response.addProperty("allowed", !refused);
    if (refused) {
      var status = new JsonObject();
      status.addProperty(
          "message",
          "create loadbalancer %s/%s failed: %s"
              .formatted(
                  HostObjects.text(request, "namespace"),
                  HostObjects.text(request, "name"),
                  REFUSAL));
      response.add("status", status);
    }
  }
}
