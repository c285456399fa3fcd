package dev.thresher.ccm.duties;

import java.util.Arrays;
import java.util.Optional;

/// What one controller of the framework does, by upstream's names.
public enum Duty {
  NODE("cloud-node-controller", "cloud-node", "node-controller"),
  NODE_LIFECYCLE("cloud-node-lifecycle-controller", "cloud-node-lifecycle", "node-controller"),
  SERVICE("service-lb-controller", "service", "service-controller"),
  ROUTE("node-route-controller", "route", "route-controller");

  private final String text;
  private final String alias;
  private final String account;

  Duty(String text, String alias, String account) {
    this.text = text;
    this.alias = alias;
    this.account = account;
  }

  /// The name of the controller.
  public String text() {
    return text;
  }

  /// The name before 1.28, which metrics still have.
  public String alias() {
    return alias;
  }

  /// The service account in `kube-system` that does it with `--use-service-account-credentials`.
  public String account() {
    return account;
  }

  /// By name or alias.
  public static Optional<Duty> of(String name) {
    return Arrays.stream(values())
        .filter(duty -> duty.text.equals(name) || duty.alias.equals(name))
        .findFirst();
  }
}
