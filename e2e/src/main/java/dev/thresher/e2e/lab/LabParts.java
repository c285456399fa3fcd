package dev.thresher.e2e.lab;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/// Puts a lab together, and holds its parts.
final class LabParts {
  private static final int VLAN = 100;

  private final Wiring wiring;
  private final ControlPlane host;
  private final Map<String, Cluster> guests;
  private final Map<String, GuestBuilder> details;
  private final List<Node> nodes;
  private final List<Vm> vms;

  private LabParts(
      Wiring wiring,
      ControlPlane host,
      Map<String, Cluster> guests,
      Map<String, GuestBuilder> details,
      List<Node> nodes,
      List<Vm> vms) {
    this.wiring = wiring;
    this.host = host;
    this.guests = guests;
    this.details = details;
    this.nodes = nodes;
    this.vms = vms;
  }

  Wiring wiring() {
    return wiring;
  }

  ControlPlane host() {
    return host;
  }

  Stream<ControlPlane> controlPlanes() {
    return Stream.concat(Stream.of(host), guests.values().stream().map(Cluster::controlPlane));
  }

  List<String> guests() {
    return List.copyOf(guests.keySet());
  }

  Cluster guest(String name) {
    Cluster cluster = guests.get(name);
    if (cluster == null) {
      throw new LabException(
          "no guest \"" + name + "\" in the lab: want one of " + guests.keySet());
    }
    return cluster;
  }

  String hostNamespace(String guest) {
    GuestBuilder known = details.get(guest);
    if (known == null) {
      throw new LabException(
          "no guest \"" + guest + "\" in the lab: want one of " + guests.keySet());
    }
    return known.hostNamespace;
  }

  List<Node> nodes() {
    return nodes;
  }

  List<Vm> vms() {
    return vms;
  }

  static LabParts start(Workspace workspace, LabBuilder builder) {
    var wiring = new Wiring(workspace, List.copyOf(builder.networks), builder.snooping);
    wiring.connectOwner(1 + builder.guests.size());
    ControlPlane host = controlPlane(workspace, wiring, builder, 0, "host");
    var guests = new LinkedHashMap<String, Cluster>();
    for (String name : builder.guests.keySet()) {
      int number = guests.size() + 1;
      guests.put(
          name,
          new Cluster(
              name, number, controlPlane(workspace, wiring, builder, number, name), workspace));
    }
    var nodes = new ArrayList<Node>();
    var vms = new ArrayList<Vm>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var boots = new ArrayList<CompletableFuture<Void>>();
      boots.add(CompletableFuture.runAsync(() -> bootHost(workspace, host), threads));
      guests
          .values()
          .forEach(
              g -> boots.add(CompletableFuture.runAsync(() -> bootGuest(workspace, g), threads)));
      try {
        makeNodes(wiring, builder, host, nodes);
        makeVms(wiring, builder, host, guests, nodes, vms);
        join(boots);
        var parts =
            new LabParts(
                wiring,
                host,
                Map.copyOf(guests),
                Map.copyOf(builder.guests),
                List.copyOf(nodes),
                List.copyOf(vms));
        parts.populate(workspace, builder, threads);
        return parts;
      } catch (RuntimeException e) {
        threads.shutdownNow();
        throw e;
      }
    }
  }

  private static ControlPlane controlPlane(
      Workspace workspace, Wiring wiring, LabBuilder builder, int number, String name) {
    Wiring.Wired wired = wiring.controlPlane(number, name);
    return ControlPlane.create(
        workspace,
        name,
        wired.addresses(),
        wired.namespace(),
        wired.link(),
        wiring.center(),
        new ControlPlane.Options(
            builder.controllerManager,
            builder.audit,
            List.copyOf(builder.apiserverFlags),
            workspace.plan().services(number)));
  }

  private static void bootHost(Workspace workspace, ControlPlane host) {
    host.boot();
    Resources.onHost(host.api());
    GuestAgentApi.register(host);
    workspace.say("control plane host is ready at " + host.url());
  }

  private static void bootGuest(Workspace workspace, Cluster guest) {
    guest.controlPlane().boot();
    Resources.onGuest(guest.controlPlane().api());
    workspace.say("control plane " + guest.name() + " is ready at " + guest.controlPlane().url());
  }

  private static void makeNodes(
      Wiring wiring, LabBuilder builder, ControlPlane host, List<Node> nodes) {
    for (int number = 1; number <= builder.hostNodes; number++) {
      String name = "node" + number;
      Wiring.Wired wired = wiring.node(number, name);
      nodes.add(
          new Node(
              name,
              number,
              wired.namespace(),
              wired.addresses(),
              wired.link(),
              new Switch(wired.namespace()),
              host));
    }
  }

  private static void makeVms(
      Wiring wiring,
      LabBuilder builder,
      ControlPlane host,
      Map<String, Cluster> guests,
      List<Node> nodes,
      List<Vm> vms) {
    builder.guests.forEach((name, details) -> {
      if (details.vms > 0 && nodes.isEmpty()) {
        throw new LabException("guest \"" + name + "\" has VMs, which need a host node");
      }
      Cluster guest = guests.get(name);
      if (guest == null) {
        throw new LabException("no guest " + name);
      }
      var own = new ArrayList<Vm>();
      for (int i = 0; i < details.vms; i++) {
        Node node = nodes.get(vms.size() % nodes.size());
        String vmName = name + "-vm" + (i + 1);
        Wiring.WiredVm wired = wiring.vm(vms.size() + 1, vmName, node, details.nics);
        var machine =
            new HarvesterObjects.Machine(
                details.hostNamespace,
                vmName,
                name,
                details.pool,
                UUID.randomUUID().toString(),
                wired.nics());
        var vm = new Vm(guest, i, wired.namespace(), machine, host, node, wired.links());
        own.add(vm);
        vms.add(vm);
      }
      wiring.podNetwork(guest.number(), own);
    });
  }

  private void populate(Workspace workspace, LabBuilder builder, ExecutorService threads) {
    var proxy = new KubeProxy(workspace, builder.proxyMode, builder.minSync, builder.sync);
    details.values().stream()
        .map(d -> d.hostNamespace)
        .distinct()
        .forEach(namespace -> {
          host.ensureNamespace(namespace);
          for (int i = 0; i < wiring.networks().size(); i++) {
            host.api()
                .apply(
                    HarvesterObjects.networkAttachment(
                        namespace, wiring.networks().get(i), VLAN + i));
          }
        });
    var work = new ArrayList<CompletableFuture<Void>>();
    for (Node node : nodes) {
      work.add(
          CompletableFuture.runAsync(
              () -> {
                node.register(node.number() == 1 ? List.of("control-plane", "etcd") : List.of());
                if (builder.hostKubeProxy) {
                  node.kubeProxy(
                      proxy.start(node.namespace(), host, node.name(), workspace.plan().pods(0)));
                }
              },
              threads));
    }
    for (Vm vm : vms) {
      GuestBuilder wanted = builder.guests.get(vm.guest());
      if (wanted == null) {
        throw new LabException("no guest " + vm.guest());
      }
      work.add(CompletableFuture.runAsync(() -> populate(workspace, proxy, vm, wanted), threads));
    }
    join(work);
  }

  private void populate(Workspace workspace, KubeProxy proxy, Vm vm, GuestBuilder wanted) {
    vm.create();
    Cluster guest = guest(vm.guest());
    if (wanted.registered) {
      vm.register(wanted.uninitialized);
    }
    if (wanted.kubeProxy && wanted.registered) {
      vm.kubeProxy(
          proxy.start(
              vm.namespace(),
              guest.controlPlane(),
              vm.name(),
              workspace.plan().pods(guest.number())));
    }
  }

  private static void join(List<CompletableFuture<Void>> work) {
    try {
      CompletableFuture.allOf(work.toArray(CompletableFuture[]::new)).join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new LabException(
          cause instanceof LabException && cause.getMessage() != null
              ? cause.getMessage()
              : cause.toString(),
          cause);
    }
  }
}
