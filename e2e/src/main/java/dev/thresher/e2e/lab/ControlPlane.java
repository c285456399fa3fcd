package dev.thresher.e2e.lab;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/// One cluster's API: etcd, kube-apiserver and, unless switched off, kube-controller-manager, on a
/// machine of their own.
///
/// RBAC is on; [#api] is `system:masters`. The controller manager runs what the lab's objects need:
/// endpoint slices, garbage collection, namespaces, service accounts and their tokens; not node
/// life cycle and node IPAM, because the lab itself says which nodes are ready.
///
/// Safe for use by several threads.
public final class ControlPlane implements Machine {
  private static final Duration READY = Duration.ofMinutes(2);

  private final String name;
  private final Namespace namespace;
  private final Addresses addresses;
  private final Link link;
  private final Switch center;
  private final ControlPlaneProcesses processes;
  private final Certificates authority;
  private final Path directory;
  private final Users users;
  private final KubeApi api;
  private final User admin;
  private final AtomicInteger kubeconfigs = new AtomicInteger();
  private final List<Starting> startings = new CopyOnWriteArrayList<>();

  private ControlPlane(
      String name,
      Namespace namespace,
      Addresses addresses,
      Link link,
      Switch center,
      ControlPlaneProcesses processes,
      Certificates authority,
      Path directory) {
    this.name = name;
    this.namespace = namespace;
    this.addresses = addresses;
    this.link = link;
    this.center = center;
    this.processes = processes;
    this.authority = authority;
    this.directory = directory;
    this.users = new Users(authority, processes.tokens());
    Certificates.Identity identity =
        authority.issue("lab-admin", List.of("system:masters"), List.of());
    this.admin =
        new User.CertificateUser("lab-admin", identity.certificatePem(), identity.keyPem());
    this.api = new KubeApi(url(), authority.tls(identity));
  }

  /// While the API server has not read its roles it refuses everything.
  private record Starting(Instant from, Instant ready) {
    private boolean saw(AuditLog.Request request) {
      return !request.time().isBefore(from) && !request.time().isAfter(ready);
    }
  }

  record Options(
      boolean controllerManager, boolean audit, List<String> apiserverFlags, Addresses services) {}

  static ControlPlane create(
      Workspace workspace,
      String name,
      Addresses addresses,
      Namespace namespace,
      Link link,
      Switch center,
      Options options) {
    Path directory = workspace.directory().resolve(name + "-control-plane");
    var authority = new Certificates("thresher-lab-" + workspace.id() + "-" + name);
    var processes =
        new ControlPlaneProcesses(workspace, namespace, directory, addresses, authority, options);
    return new ControlPlane(
        name, namespace, addresses, link, center, processes, authority, directory);
  }

  /// Starts everything and waits until the API server is ready.
  void boot() {
    AtomicFile.write(adminKubeconfig(), kubeconfigText(admin, "default"));
    processes.startEtcd();
    processes.startSide();
    start();
    processes.startControllerManager(
        kubeconfig(
            certificateUser("system:kube-controller-manager"),
            "default",
            "kube-controller-manager"));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Namespace namespace() {
    return namespace;
  }

  @Override
  public Addresses addresses() {
    return addresses;
  }

  public Link link() {
    return link;
  }

  public URI url() {
    return URI.create("https://" + addresses.ipv4() + ":6443");
  }

  /// The same over IPv6.
  public URI ipv6Url() {
    return URI.create("https://[" + addresses.ipv6() + "]:6443");
  }

  public KubeApi api() {
    return api;
  }

  /// Server-side apply of every document of a YAML text.
  public void apply(String yaml) {
    api.apply(yaml);
  }

  public String authorityPem() {
    return authority.pem();
  }

  /// A certificate that this cluster's authority signed, for a server that the cluster is to trust:
  /// an admission webhook, for example.
  public User.CertificateUser serverCertificate(String commonName, List<String> hosts) {
    Certificates.Identity identity = authority.issue(commonName, List.of(), hosts);
    return new User.CertificateUser(commonName, identity.certificatePem(), identity.keyPem());
  }

  /// A kubeconfig file of [#admin]: the one that `hack/lab/kubectl` uses.
  public Path adminKubeconfig() {
    return directory.resolveSibling(name + ".kubeconfig");
  }

  /// The user that may do everything.
  public User admin() {
    return admin;
  }

  /// A user with a client certificate.
  public User certificateUser(String user, String... groups) {
    return users.certificate(user, Arrays.asList(groups));
  }

  /// A user with a token, which works at once.
  public User tokenUser(String user, String... groups) {
    return users.token(user, Arrays.asList(groups));
  }

  /// Ends a [#tokenUser]. The API server notices within 10 s: that is how long it remembers tokens.
  public void revoke(User user) {
    users.revoke(user);
  }

  /// A service account, made if need be, with a bound token of 24 hours.
  public User serviceAccount(String inNamespace, String account) {
    return serviceAccount(inNamespace, account, Duration.ofDays(1));
  }

  /// @param lifetime of the token, at least 10 minutes: the API server refuses less
  public User serviceAccount(String inNamespace, String account, Duration lifetime) {
    ensureNamespace(inNamespace);
    return users.serviceAccount(api, inNamespace, account, lifetime);
  }

  public void ensureNamespace(String wanted) {
    if (api.find("/api/v1/namespaces/" + wanted).isEmpty()) {
      api.apply(
          Json.object(
              "apiVersion", "v1", "kind", "Namespace", "metadata", Json.object("name", wanted)));
    }
  }

  /// Writes a kubeconfig file; every call makes a new one.
  public Path kubeconfig(User user, String inNamespace) {
    return kubeconfig(
        user, inNamespace, user.name().replace(':', '-') + "-" + kubeconfigs.incrementAndGet());
  }

  /// A kubeconfig file whose server is [#ipv6Url].
  public Path ipv6Kubeconfig(User user, String inNamespace) {
    Path path =
        directory.resolve(
            user.name().replace(':', '-') + "-" + kubeconfigs.incrementAndGet() + ".kubeconfig");
    AtomicFile.write(path, Kubeconfig.text(ipv6Url(), authorityPem(), user, inNamespace));
    return path;
  }

  private Path kubeconfig(User user, String inNamespace, String file) {
    Path path = directory.resolve(file + ".kubeconfig");
    AtomicFile.write(path, kubeconfigText(user, inNamespace));
    return path;
  }

  /// The text of a kubeconfig, as Harvester makes it.
  public String kubeconfigText(User user, String inNamespace) {
    return Kubeconfig.text(url(), authorityPem(), user, inNamespace);
  }

  /// Answer of the `guestosinfo` subresource for a VirtualMachineInstance from now on.
  ///
  /// @param info a VirtualMachineInstanceGuestAgentInfo
  public void guestInfo(String inNamespace, String instance, JsonObject info) {
    Path file = processes.guests().resolve(inNamespace).resolve(instance + ".json");
    try {
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw new LabException("cannot make " + file.getParent() + ": " + e.getMessage(), e);
    }
    AtomicFile.write(file, info.toString());
  }

  /// The guest agent of an instance is not connected any more.
  public void forgetGuestInfo(String inNamespace, String instance) {
    try {
      Files.deleteIfExists(processes.guests().resolve(inNamespace).resolve(instance + ".json"));
    } catch (IOException e) {
      throw new LabException("cannot forget " + instance + ": " + e.getMessage(), e);
    }
  }

  /// Makes a Service whose requests the API server sends to a process on a machine: for admission
  /// webhooks and aggregated APIs. Its port is 443.
  ///
  /// The Service has no selector; an EndpointSlice leads to the machine, which the API server
  /// reaches because it routes to endpoints itself.
  ///
  /// @param on a machine that the control plane reaches
  public void expose(String inNamespace, String service, Machine on, int port) {
    ensureNamespace(inNamespace);
    ServiceObjects.toMachine(inNamespace, service, on.addresses().ipv4(), port).forEach(api::apply);
  }

  /// Kills the API server (SIGKILL).
  public void stop() {
    processes.stopApiserver();
  }

  /// Starts the API server and waits until it is ready.
  public void start() {
    Instant begun = Instant.now();
    processes.startApiserver();
    awaitReady();
    startings.add(new Starting(begun, Instant.now()));
  }

  /// Kills the API server and starts it again; waits until it is ready.
  public void restart() {
    stop();
    start();
  }

  /// Kills API server and etcd; nothing of what was written is lost.
  public void crash() {
    stop();
    processes.restartEtcd();
  }

  /// Freezes the API server: connections stay open, nothing is answered.
  public void pause() {
    processes.apiserver().freeze();
  }

  /// Ends [#pause].
  public void resume() {
    processes.apiserver().thaw();
  }

  /// Drops everything between this control plane and a machine, silently; both stay reachable for
  /// others. A VM keeps what it has on its own host node.
  public void partition(Machine from) {
    center.separate(addresses, from.addresses(), true);
  }

  /// Ends [#partition].
  public void heal(Machine from) {
    center.separate(addresses, from.addresses(), false);
  }

  public void awaitReady() {
    Await.until(
        "API server " + name + " to be ready; see " + processes.apiserver().log(),
        READY,
        () -> {
          if (!processes.apiserver().isAlive()) {
            throw new LabException("API server " + name + " ended: " + processes.apiserver().log());
          }
          return api.ready();
        });
  }

  /// Drops all history from etcd, so that a watch from an older version answers 410 Gone.
  ///
  /// A watch that the API server serves from its own cache does not notice until that cache is
  /// gone, with [#restart].
  public void compact() {
    processes.compact();
  }

  /// What was asked of the API server: by everybody with [LabBuilder#audit], else by all but the
  /// lab itself.
  public AuditLog audit() {
    return new AuditLog(processes.auditFile());
  }

  /// The requests for which somebody lacked the right while the API server knew who has which.
  List<AuditLog.Request> forbidden() {
    return audit().forbidden().stream()
        .filter(request -> startings.stream().noneMatch(starting -> starting.saw(request)))
        .toList();
  }
}
