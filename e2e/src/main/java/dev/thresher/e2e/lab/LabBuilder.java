package dev.thresher.e2e.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// What a lab is to be.
public final class LabBuilder {
  int hostNodes = 1;
  final Map<String, GuestBuilder> guests = new LinkedHashMap<>();
  final List<String> networks = new ArrayList<>(List.of(Wiring.LAN));
  final List<String> apiserverFlags = new ArrayList<>();
  ProxyMode proxyMode = ProxyMode.NFTABLES;
  Duration minSync = Duration.ofMillis(50);
  Duration sync = Duration.ofSeconds(30);
  boolean controllerManager = true;
  boolean audit = false;
  boolean snooping = true;
  boolean hostKubeProxy = true;
  Consumer<String> progress = _ -> {};

  LabBuilder() {}

  /// Number of host nodes; 1 unless set; 0 for a control plane alone.
  public LabBuilder hostNodes(int count) {
    hostNodes = count;
    return this;
  }

  /// A guest cluster. Its VMs are named `NAME-vm1` on, spread over the host nodes.
  ///
  /// @param name at most 8 characters
  public LabBuilder guest(String name, UnaryOperator<GuestBuilder> details) {
    if (name.length() > 8 || name.equals("host")) {
      throw new IllegalArgumentException(
          "name of a guest: want at most 8 characters and not \"host\", got \"" + name + "\"");
    }
    guests.put(name, details.apply(new GuestBuilder()));
    return this;
  }

  /// A further network besides `lan`; host nodes have a bridge `NAME-br` on it.
  ///
  /// @param name at most 8 characters
  public LabBuilder network(String name) {
    if (name.length() > 8) {
      throw new IllegalArgumentException(
          "name of a network: want at most 8 characters, got \"" + name + "\"");
    }
    networks.add(name);
    return this;
  }

  /// How every kube-proxy programs the kernel; nftables unless set.
  public LabBuilder kubeProxyMode(ProxyMode mode) {
    proxyMode = mode;
    return this;
  }

  /// Least time between two syncs of every kube-proxy; 50 ms unless set, kube-proxy's own default
  /// is one second.
  public LabBuilder kubeProxyMinSync(Duration period) {
    minSync = period;
    return this;
  }

  /// Most time between two syncs of every kube-proxy; 30 s unless set.
  public LabBuilder kubeProxySync(Duration period) {
    sync = period;
    return this;
  }

  /// Whether host nodes run kube-proxy; they do unless set.
  public LabBuilder hostKubeProxy(boolean yes) {
    hostKubeProxy = yes;
    return this;
  }

  /// Whether control planes run kube-controller-manager; they do unless set. Without it there are
  /// no endpoint slices for selectors, no garbage collection and no default service accounts.
  public LabBuilder controllerManager(boolean yes) {
    controllerManager = yes;
    return this;
  }

  /// Whether API servers write down all requests; unless set they leave out those of the lab
  /// itself.
  public LabBuilder audit(boolean yes) {
    audit = yes;
    return this;
  }

  /// Whether the bridge of `lan` forwards multicast only where it was asked for; it does unless
  /// set.
  public LabBuilder multicastSnooping(boolean yes) {
    snooping = yes;
    return this;
  }

  /// Further flags of every API server.
  public LabBuilder apiserverFlags(String... flags) {
    apiserverFlags.addAll(List.of(flags));
    return this;
  }

  /// Told each step, one line each, from any thread.
  public LabBuilder progress(Consumer<String> listener) {
    progress = listener;
    return this;
  }

  /// The same as [#start].
  public Lab build() {
    return start();
  }

  /// Makes the lab and starts it.
  ///
  /// @throws LabException if it cannot; nothing is left then but logs, whose place the message
  ///   names
  public Lab start() {
    Labs.obstacle()
        .ifPresent(obstacle -> {
          throw new LabException("no lab here: " + obstacle);
        });
    return Lab.start(this, progress);
  }
}
