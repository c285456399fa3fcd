package dev.thresher.e2e.lab;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Files, command lines and processes of one control plane.
final class ControlPlaneProcesses {
  static final int SIDE_PORT = 9443;
  private static final int ETCD_PORT = 2379;

  /// They collect garbage less often: a lab has memory to spare, and no processor.
  private static final Map<String, String> MEMORY_FOR_TIME = Map.of("GOGC", "400");

  /// Those who may do everything: what they ask is of no interest unless a test counts it.
  private static final String PASSED_OVER =
      """
        - level: None
          userGroups: [system:masters]
      """;

  private final Workspace workspace;
  private final Namespace namespace;
  private final Path directory;
  private final Addresses addresses;
  private final Certificates authority;
  private final ControlPlane.Options options;
  private @Nullable LabProcess apiserver;
  private @Nullable LabProcess etcd;

  ControlPlaneProcesses(
      Workspace workspace,
      Namespace namespace,
      Path directory,
      Addresses addresses,
      Certificates authority,
      ControlPlane.Options options) {
    this.workspace = workspace;
    this.namespace = namespace;
    this.directory = directory;
    this.addresses = addresses;
    this.authority = authority;
    this.options = options;
    writeFiles();
  }

  private void writeFiles() {
    try {
      Files.createDirectory(directory);
      Files.createDirectory(tokens());
      Files.createDirectory(guests());
    } catch (IOException e) {
      throw new LabException("cannot make " + directory + ": " + e.getMessage(), e);
    }
    var hosts =
        List.of(
            "127.0.0.1",
            "localhost",
            addresses.ipv4(),
            addresses.ipv6(),
            // As every installer gives them: by these a node asks its own API server.
            "kubernetes",
            "kubernetes.default.svc",
            // The side server, by the name of its Service.
            "virt-api.kubevirt.svc",
            firstOf(options.services().ipv4()),
            firstOf(options.services().ipv6()));
    write("ca.crt", authority.pem());
    identity("server", authority.issue("kube-apiserver", List.of(), hosts));
    identity("front-proxy", authority.issue("front-proxy", List.of(), List.of()));
    var accounts = Certificates.newKeys();
    write("accounts.key", Certificates.pem(accounts.getPrivate()));
    write("accounts.pub", Certificates.pem(accounts.getPublic()));
    write(
        "token-review.kubeconfig",
        Kubeconfig.text(
            URI.create("https://127.0.0.1:" + SIDE_PORT + "/token"),
            authority.pem(),
            new User.TokenUser("apiserver", "none"),
            "default"));
    write(
        "audit-policy.yaml",
        """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived, ResponseStarted]
        rules:
        %s  - level: Metadata
        """
            .formatted(options.audit() ? "" : PASSED_OVER));
  }

  private static String firstOf(String cidr) {
    String network = cidr.substring(0, cidr.indexOf('/'));
    return network.contains(":")
        ? network + "1"
        : network.substring(0, network.lastIndexOf('.')) + ".1";
  }

  Path tokens() {
    return directory.resolve("tokens");
  }

  Path guests() {
    return directory.resolve("guests");
  }

  Path auditFile() {
    return directory.resolve("audit.log");
  }

  LabProcess apiserver() {
    LabProcess process = apiserver;
    if (process == null) {
      throw new LabException("the API server was never started");
    }
    return process;
  }

  /// What etcd wrote stays with the machine, so it comes back with all of it.
  synchronized void restartEtcd() {
    if (etcd != null) {
      etcd.kill();
    }
    startEtcd();
  }

  synchronized void startEtcd() {
    // Nobody else is on this loopback, and TLS would cost time that is measured.
    String inside = "http://127.0.0.1:" + ETCD_PORT;
    String outside = "https://" + addresses.ipv4() + ":" + ETCD_PORT;
    String peer = "http://127.0.0.1:2380";
    etcd =
        run(
            "etcd",
            List.of(
                "--name=lab",
                "--data-dir=" + directory.resolve("etcd"),
                "--listen-client-urls=" + inside + "," + outside,
                "--advertise-client-urls=" + inside,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=lab=" + peer,
                "--cert-file=" + file("server.crt"),
                "--key-file=" + file("server.key"),
                "--client-cert-auth",
                "--trusted-ca-file=" + file("ca.crt"),
                // Nothing here has to survive a power cut.
                "--unsafe-no-fsync",
                "--snapshot-count=10000",
                "--log-level=warn"));
  }

  /// Token reviews and aggregated APIs.
  void startSide() {
    namespace.start(
        "apiside",
        List.of(
            workspace.programs().netlab().toString(),
            "apiside",
            "-listen=[::]:" + SIDE_PORT,
            "-cert=" + file("server.crt"),
            "-key=" + file("server.key"),
            "-tokens=" + tokens(),
            "-guests=" + guests()),
        Map.of());
  }

  synchronized void startApiserver() {
    LabProcess before = apiserver;
    if (before != null && before.isAlive()) {
      throw new LabException("the API server of " + namespace + " is running");
    }
    var flags =
        new ArrayList<>(
            List.of(
                "--etcd-servers=http://127.0.0.1:" + ETCD_PORT,
                "--bind-address=::",
                "--advertise-address=" + addresses.ipv4(),
                "--secure-port=6443",
                "--service-cluster-ip-range=" + String.join(",", options.services().all()),
                "--allow-privileged",
                "--authorization-mode=Node,RBAC",
                "--enable-admission-plugins=NodeRestriction",
                // Pods of the lab have no use for a service account, and must not wait for one.
                "--disable-admission-plugins=ServiceAccount",
                "--client-ca-file=" + file("ca.crt"),
                "--tls-cert-file=" + file("server.crt"),
                "--tls-private-key-file=" + file("server.key"),
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + file("accounts.pub"),
                "--service-account-signing-key-file=" + file("accounts.key"),
                "--authentication-token-webhook-config-file=" + file("token-review.kubeconfig"),
                "--authentication-token-webhook-version=v1",
                "--authentication-token-webhook-cache-ttl=1s",
                "--requestheader-client-ca-file=" + file("ca.crt"),
                "--requestheader-allowed-names=front-proxy",
                "--requestheader-extra-headers-prefix=X-Remote-Extra-",
                "--requestheader-group-headers=X-Remote-Group",
                "--requestheader-username-headers=X-Remote-User",
                "--proxy-client-cert-file=" + file("front-proxy.crt"),
                "--proxy-client-key-file=" + file("front-proxy.key"),
                "--enable-aggregator-routing=true",
                "--profiling=false"));
    flags.add("--audit-policy-file=" + file("audit-policy.yaml"));
    flags.add("--audit-log-path=" + auditFile());
    flags.addAll(options.apiserverFlags());
    apiserver = run("kube-apiserver", flags);
  }

  synchronized void stopApiserver() {
    apiserver().kill();
  }

  void startControllerManager(Path kubeconfig) {
    if (!options.controllerManager()) {
      return;
    }
    String controllers =
        String.join(
            ",",
            "endpoints-controller",
            "endpointslice-controller",
            "endpointslice-mirroring-controller",
            "garbage-collector-controller",
            "namespace-controller",
            "serviceaccount-controller",
            "serviceaccount-token-controller",
            "root-ca-certificate-publisher-controller",
            "clusterrole-aggregation-controller",
            "service-cidr-controller");
    // It gives up when the API server is away for long, as it should; then it is to come back.
    var command = new ArrayList<>(RESTARTED);
    command.addAll(workspace.kubernetes("kube-controller-manager"));
    command.addAll(
        List.of(
            "--kubeconfig=" + kubeconfig,
            "--controllers=" + controllers,
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            "--service-account-private-key-file=" + file("accounts.key"),
            "--root-ca-file=" + file("ca.crt"),
            "--bind-address=127.0.0.1",
            "--profiling=false"));
    namespace.start("kube-controller-manager", command, MEMORY_FOR_TIME);
  }

  /// Prefix of a command line: a kubelet would start the program again, so the lab does.
  static final List<String> RESTARTED =
      List.of("sh", "-c", "while :; do \"$@\"; echo \"ended with $?\"; sleep 0.2; done", "sh");

  void compact() {
    Certificates.Identity client = authority.issue("lab-admin", List.of(), List.of());
    var etcd =
        new KubeApi(
            URI.create("https://" + addresses.ipv4() + ":" + ETCD_PORT), authority.tls(client));
    String anyKey = Base64.getEncoder().encodeToString("/".getBytes(StandardCharsets.US_ASCII));
    JsonObject range = etcd.create("/v3/kv/range", Json.object("key", anyKey, "count_only", true));
    String revision = Json.text(range, "header", "revision").orElseThrow();
    etcd.create("/v3/kv/compaction", Json.object("revision", revision, "physical", true));
  }

  private LabProcess run(String program, List<String> flags) {
    var command = new ArrayList<>(workspace.kubernetes(program));
    command.addAll(flags);
    return namespace.start(program, command, MEMORY_FOR_TIME);
  }

  private Path file(String file) {
    return directory.resolve(file);
  }

  private void identity(String file, Certificates.Identity identity) {
    write(file + ".crt", identity.certificatePem());
    write(file + ".key", identity.keyPem());
  }

  private void write(String file, String text) {
    try {
      Files.writeString(directory.resolve(file), text);
    } catch (IOException e) {
      throw new LabException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }
}
