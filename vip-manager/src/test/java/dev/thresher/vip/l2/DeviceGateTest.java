package dev.thresher.vip.l2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.time.VirtualTimeline;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// When the node has an address of its own, without a kernel.
class DeviceGateTest {

  private static final InetAddress VIP4 = InetAddress.ofLiteral("192.0.2.100");
  private static final InetAddress VIP6 = InetAddress.ofLiteral("2001:db8::100");
  private static final Set<InetAddress> BOTH = Set.of(VIP4, VIP6);
  private static final Link LINK =
      new Link(2, "e0", new MacAddress(1), true, true, true, 1500, 0, "");
  private static final Map<InetAddress, Link> HELD = Map.of(VIP4, LINK, VIP6, LINK);
  private static final Duration ALMOST = DeviceGate.STAY.minusMillis(1);

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final Kernel kernel = new Kernel();
  private final Device device = new Device();
  private final DeviceGate gate =
      new DeviceGate(
          kernel,
          _ -> true,
          List.of(DeviceKind.TUN),
          new NoNetwork(),
          (_, _) -> {},
          timeline,
          _ -> new SystemResult.Ok<>(device));

  @BeforeEach
  void install() {
    gate.install();
  }

  @Test
  void whatTheKernelIsSilentAboutStaysForAMomentAfterTheGateWasClosed() {
    gate.silence(BOTH);
    gate.open(HELD);
    gate.close(Set.of(VIP4));
    assertThat(kernel.open).containsExactly(VIP6);
    timeline.advance(ALMOST);
    assertThat(device.addresses).containsExactlyInAnyOrder(VIP4, VIP6);
    timeline.advance(Duration.ofMillis(1));
    assertThat(device.addresses).containsExactly(VIP6);
  }

  /// It would answer for it.
  @Test
  void whatTheKernelIsNotSilentAboutGoesBeforeTheGateIsClosed() {
    gate.silence(Set.of(VIP6));
    gate.open(HELD);
    gate.close(BOTH);
    assertThat(device.addresses).containsExactly(VIP6);
    assertThat(kernel.heldAtClosing).containsExactly(VIP6);
  }

  @Test
  void whatTheKernelNoLongerIsSilentAboutGoesBefore() {
    gate.silence(BOTH);
    gate.open(HELD);
    gate.close(BOTH);
    gate.silence(Set.of(VIP4));
    assertThat(device.addresses).containsExactly(VIP4);
    assertThat(kernel.heldAtSilence).containsExactly(VIP4);
  }

  @Test
  void whatIsHeldAgainStaysAndLeavesAnewOnly() {
    gate.silence(BOTH);
    gate.open(HELD);
    gate.close(BOTH);
    timeline.advance(ALMOST);
    gate.open(Map.of(VIP4, LINK));
    timeline.advance(ALMOST);
    assertThat(device.addresses).containsExactly(VIP4);
    gate.close(Set.of(VIP4));
    timeline.advance(ALMOST);
    gate.open(Map.of(VIP4, LINK));
    gate.close(Set.of(VIP4));
    timeline.advance(ALMOST);
    assertThat(device.addresses).containsExactly(VIP4);
    timeline.advance(Duration.ofMillis(1));
    assertThat(device.addresses).isEmpty();
  }

  /// Somebody removed it while it was leaving.
  @Test
  void whatIsHeldAgainIsThere() {
    gate.silence(BOTH);
    gate.open(HELD);
    gate.close(BOTH);
    device.addresses.remove(VIP4);
    gate.open(HELD);
    assertThat(device.addresses).containsExactlyInAnyOrder(VIP4, VIP6);
  }

  @Test
  void nothingIsLeftOfAGateThatIsRemoved() {
    gate.silence(BOTH);
    gate.open(HELD);
    gate.close(BOTH);
    gate.remove();
    assertThat(device.addresses).isEmpty();
    timeline.advance(DeviceGate.STAY);
    assertThat(device.removedAfterTheEnd).isFalse();
  }

  private static final class Device implements NodeDevice {
    final Set<InetAddress> addresses = new HashSet<>();
    boolean removedAfterTheEnd;
    private boolean closed;

    @Override
    public String where() {
      return "test";
    }

    @Override
    public SystemResult<Integer> add(InetAddress address, Link on) {
      assertThat(addresses.add(address)).as("%s was there", address).isTrue();
      return new SystemResult.Ok<>(0);
    }

    @Override
    public SystemResult<Integer> remove(InetAddress address) {
      removedAfterTheEnd |= closed;
      addresses.remove(address);
      return new SystemResult.Ok<>(0);
    }

    @Override
    public SystemResult<Boolean> restore(InetAddress address, LinuxNetwork now) {
      return new SystemResult.Ok<>(addresses.add(address));
    }

    @Override
    public void close() {
      closed = true;
      addresses.clear();
    }
  }

  private final class Kernel implements AddressGate {
    final Set<InetAddress> open = new HashSet<>();
    final List<InetAddress> heldAtClosing = new ArrayList<>();
    final List<InetAddress> heldAtSilence = new ArrayList<>();

    @Override
    public void install() {}

    @Override
    public boolean takesVirtualMacs() {
      return false;
    }

    @Override
    public void guard(Link link) {}

    @Override
    public void unguard(Link link) {}

    @Override
    public void open(Map<InetAddress, Link> addresses) {
      open.addAll(addresses.keySet());
    }

    @Override
    public void close(Set<InetAddress> addresses) {
      open.removeAll(addresses);
      heldAtClosing.addAll(device.addresses);
    }

    @Override
    public void silence(Set<InetAddress> addresses) {
      heldAtSilence.clear();
      heldAtSilence.addAll(device.addresses);
    }

    @Override
    public void remove() {}
  }

  private record NoNetwork() implements NodeNetwork {
    @Override
    public LinuxNetwork current() {
      return new LinuxNetwork(List.of(), List.of(), List.of());
    }

    @Override
    public void onChange(Consumer<LinuxNetwork> listener) {}
  }
}
