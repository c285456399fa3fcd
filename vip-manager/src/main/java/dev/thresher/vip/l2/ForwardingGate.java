package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import java.net.InetAddress;
import java.util.Map;
import java.util.Set;

/// A gate that hands everything on to another one, for those that do something besides.
public abstract class ForwardingGate implements AddressGate {

  private final AddressGate inner;

  /// @param inner does its work besides
  protected ForwardingGate(AddressGate inner) {
    this.inner = inner;
  }

  @Override
  public void install() {
    inner.install();
  }

  @Override
  public boolean takesVirtualMacs() {
    return inner.takesVirtualMacs();
  }

  @Override
  public void guard(Link link) {
    inner.guard(link);
  }

  @Override
  public void unguard(Link link) {
    inner.unguard(link);
  }

  @Override
  public void open(Map<InetAddress, Link> addresses) {
    inner.open(addresses);
  }

  @Override
  public void close(Set<InetAddress> addresses) {
    inner.close(addresses);
  }

  @Override
  public void silence(Set<InetAddress> addresses) {
    inner.silence(addresses);
  }

  @Override
  public void remove() {
    inner.remove();
  }
}
