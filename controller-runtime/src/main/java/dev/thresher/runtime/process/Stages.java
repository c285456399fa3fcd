package dev.thresher.runtime.process;

import dev.thresher.runtime.lifecycle.Component;
import java.util.List;

/// The parts of a program, by when they start. Within a stage they start in the order given.
///
/// @param servers connections to API servers
/// @param events writers of Events: they outlive all who write
/// @param caches filled before leadership and kept without it, so that a standby takes over at once
/// @param controllers wait for caches and leadership themselves
public record Stages(
    List<? extends Component> servers,
    List<? extends Component> events,
    List<? extends Component> caches,
    List<? extends Component> controllers) {

  public Stages {
    servers = List.copyOf(servers);
    events = List.copyOf(events);
    caches = List.copyOf(caches);
    controllers = List.copyOf(controllers);
  }
}
