package dev.thresher.e2e.lab;

import java.util.List;

/// What a guest cluster is to be.
public final class GuestBuilder {
  int vms = 1;
  String hostNamespace = "default";
  String pool = "pool1";
  List<String> nics = List.of(Wiring.LAN);
  boolean uninitialized = true;
  boolean registered = true;
  boolean kubeProxy = true;

  GuestBuilder() {}

  /// Number of VMs, each a node; 1 unless set.
  public GuestBuilder vms(int count) {
    vms = count;
    return this;
  }

  /// Namespace on the host in which its VMs live; `default` unless set.
  public GuestBuilder hostNamespace(String namespace) {
    hostNamespace = namespace;
    return this;
  }

  /// Networks on which each VM has a card, the first being that of its node address; `lan` unless
  /// set.
  public GuestBuilder nics(String... networks) {
    nics = List.of(networks);
    return this;
  }

  /// Whether nodes wait for a cloud provider (the default), or are ready for work at once.
  public GuestBuilder uninitialized(boolean yes) {
    uninitialized = yes;
    return this;
  }

  /// Whether the VMs register as nodes of the guest; they do unless set.
  public GuestBuilder registered(boolean yes) {
    registered = yes;
    return this;
  }

  /// Whether the nodes run kube-proxy; they do unless set.
  public GuestBuilder kubeProxy(boolean yes) {
    kubeProxy = yes;
    return this;
  }
}
