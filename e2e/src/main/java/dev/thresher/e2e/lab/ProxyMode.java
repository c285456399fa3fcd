package dev.thresher.e2e.lab;

import java.util.Locale;

/// How kube-proxy programs the kernel.
public enum ProxyMode {
  NFTABLES,
  /// Needs the programs `iptables-restore` and `ip6tables-restore`.
  IPTABLES;

  /// As kube-proxy calls it.
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
