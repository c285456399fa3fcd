package dev.thresher.e2e.lab;

/// The cable between a machine and the bridge that it hangs on.
///
/// Changes take effect before a method returns. Safe for use by several threads.
public final class Link {
  private final Switch side;
  private final String port;

  Link(Switch side, String port) {
    this.side = side;
    this.port = port;
  }

  /// Drops all frames in both directions. Neither side sees its link go down.
  public void cut() {
    side.mute(port, true, true);
  }

  /// Drops what the machine sends.
  public void cutFromMachine() {
    side.mute(port, true, false);
  }

  /// Drops what is sent to the machine.
  public void cutToMachine() {
    side.mute(port, false, true);
  }

  /// Ends [#cut], [#cutFromMachine] and [#cutToMachine].
  public void restore() {
    side.mute(port, false, false);
  }

  /// Takes the carrier away: the machine sees its interface go down.
  public void unplug() {
    side.up(port, false);
  }

  /// Ends [#unplug].
  public void plug() {
    side.up(port, true);
  }

  /// Namespace and name of the port, for packet recorders.
  public Namespace namespace() {
    return side.namespace();
  }

  public String port() {
    return port;
  }
}
