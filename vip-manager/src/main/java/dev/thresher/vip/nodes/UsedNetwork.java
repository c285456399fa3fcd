package dev.thresher.vip.nodes;

import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.NodeNetwork;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// The node's network without the devices that are ignored: what happens to those is no news.
///
/// A change of the settings is told as one of the network, for it changes what is to be made of it.
public final class UsedNetwork implements NodeNetwork {

  private final NodeNetwork all;
  private final LocalSettings settings;
  private final List<Consumer<LinuxNetwork>> listeners = new CopyOnWriteArrayList<>();

  /// Guards the order in which listeners hear.
  private final Object lock = new Object();

  private volatile LinuxNetwork told = LinuxNetwork.EMPTY;

  public UsedNetwork(NodeNetwork all, LocalSettings settings) {
    this.all = all;
    this.settings = settings;
    all.onChange(changed -> publish(false));
    settings.onChange(() -> publish(true));
  }

  @Override
  public LinuxNetwork current() {
    InterfaceSettings now = settings.current();
    return all.current().only(link -> !now.ignores(link));
  }

  @Override
  public void onChange(Consumer<LinuxNetwork> listener) {
    listeners.add(listener);
  }

  private void publish(boolean whatever) {
    synchronized (lock) {
      LinuxNetwork next = current();
      if (whatever || !next.equals(told)) {
        told = next;
        listeners.forEach(listener -> listener.accept(next));
      }
    }
  }
}
