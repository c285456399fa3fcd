package dev.thresher.e2e.bench;

import dev.thresher.e2e.cloud.Placement;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Where what `hack/bench` measures is held, by the words of its command line.
enum Place {
  /// The address of a Service, on a node of the guest cluster.
  GUEST("guest", Placement.GUEST),
  /// The address of a Service, on a node of the host cluster.
  HOST("host", Placement.HOST),
  /// The address of a control plane, on one of its nodes.
  CONTROL_PLANE("control-plane", null);

  private final String word;
  private final @Nullable Placement ofServices;

  Place(String word, @Nullable Placement ofServices) {
    this.word = word;
    this.ofServices = ofServices;
  }

  /// Empty where no Service's address is.
  Optional<Placement> ofServices() {
    return Optional.ofNullable(ofServices);
  }

  /// As the command line has it.
  @Override
  public String toString() {
    return word;
  }
}
