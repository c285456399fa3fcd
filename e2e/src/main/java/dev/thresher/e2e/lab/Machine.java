package dev.thresher.e2e.lab;

import java.util.List;
import java.util.Map;

/// Something of the lab with a network stack of its own.
public sealed interface Machine permits Node, Vm, Pod, Client, Router, ControlPlane {
  /// Unique within the lab.
  String name();

  Namespace namespace();

  /// Its first addresses on the network it was made for.
  Addresses addresses();

  /// Starts a program on this machine; it ends with the lab at the latest.
  default LabProcess start(String program, List<String> command, Map<String, String> environment) {
    return namespace().start(program, command, environment);
  }
}
