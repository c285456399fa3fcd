package dev.thresher.vip.services;

import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.NodeNetwork;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// A picture of a network that a test changes.
final class FakeNetwork implements NodeNetwork {

  private final List<Consumer<LinuxNetwork>> listeners = new CopyOnWriteArrayList<>();
  private volatile LinuxNetwork current;

  FakeNetwork(LinuxNetwork current) {
    this.current = current;
  }

  @Override
  public LinuxNetwork current() {
    return current;
  }

  @Override
  public void onChange(Consumer<LinuxNetwork> listener) {
    listeners.add(listener);
  }

  void become(LinuxNetwork network) {
    current = network;
    listeners.forEach(listener -> listener.accept(network));
  }
}
