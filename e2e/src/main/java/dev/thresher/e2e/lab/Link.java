package dev.thresher.e2e.lab;

import java.time.Duration;

/// The cable between a machine and the bridge that it hangs on.
///
/// Changes take effect before a method returns. Loss, delay and carrier are independent of each
/// other. Safe for use by several threads.
public final class Link {
  private final Switch side;
  private final String port;

  Link(Switch side, String port) {
    this.side = side;
    this.port = port;
  }

  /// Drops all frames in both directions. Neither side sees its link go down.
  public void cut() {
    lose(100, 100);
  }

  /// Drops what the machine sends.
  public void cutFromMachine() {
    lose(100, 0);
  }

  /// Drops what is sent to the machine.
  public void cutToMachine() {
    lose(0, 100);
  }

  /// Drops a part of the frames, each with the same probability.
  ///
  /// @param fromMachine percentage, 0 to 100
  /// @param toMachine percentage, 0 to 100
  public void lose(int fromMachine, int toMachine) {
    side.lose(port, new Switch.Loss(fromMachine, toMachine));
  }

  /// Ends [#cut], [#cutFromMachine], [#cutToMachine] and [#lose].
  public void restore() {
    side.lose(port, Switch.Loss.NONE);
  }

  /// Holds every frame for a while; zero for both ends it. Frames under way at a change are lost.
  ///
  /// A process carries the frames, so it adds some 50 µs, and stands for at most a few 10,000
  /// frames per second.
  public void delay(Duration toMachine, Duration fromMachine) {
    side.delay(port, toMachine, fromMachine);
  }

  /// Takes the carrier away: the machine sees its interface go down.
  public void unplug() {
    side.up(port, false);
  }

  /// Ends [#unplug].
  public void plug() {
    side.up(port, true);
  }

  /// Namespace of the port, for packet recorders.
  public Namespace namespace() {
    return side.namespace();
  }

  /// Name of the port, for packet recorders.
  public String port() {
    return port;
  }
}
