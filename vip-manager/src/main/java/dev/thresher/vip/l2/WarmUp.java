package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.linux.PacketFilter;
import dev.thresher.vip.linux.PacketSocket;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.IcmpEcho;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.VirtualMac;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Walks through everything that the first answer needs. The first use of a class and of a native
/// call costs milliseconds, and so does code that the JVM still interprets: they belong to the
/// start and not to a take-over.
final class WarmUp {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

  private static final MacAddress OURS = new MacAddress(0x0200_0000_0001L);
  private static final MacAddress THEIRS = new MacAddress(0x0200_0000_0002L);
  private static final int ROUNDS = 50;

  /// With two addresses each, more than the JVM interprets before it compiles.
  private static final int HOLDS = 150;

  /// The loopback device's own.
  private static final int MTU = 65_536;

  private WarmUp() {}

  /// @param virtualMacs whether addresses have MACs of their own
  static void run(LinuxNetwork network, boolean virtualMacs) {
    rehearse(virtualMacs);
    network
        .link("lo")
        .ifPresent(loopback -> {
          if (PacketSocket.open(loopback.index(), EthernetHeader.ARP, PacketFilter.ALL)
              instanceof SystemResult.Ok<PacketSocket>(PacketSocket socket)) {
            try (socket) {
              // Goes nowhere: the loopback device has no ARP. An error is as good a rehearsal.
              var _ = socket.send(Announcements.probe(address4(), OURS).encode());
              var _ = socket.receive(new byte[2048]);
            }
          }
        });
    Thread.ofPlatform().name("l2-rehearsal").daemon(true).start(() -> hold(network, virtualMacs));
  }

  /// Holds addresses and lets them go on the loopback device, as on any other; its frames reach
  /// nobody else. Meant for a thread of its own. No virtual MAC is taken: the kernel would log each
  /// time that the device became promiscuous.
  static void hold(LinuxNetwork network, boolean virtualMacs) {
    Optional<Link> loopback = network.link("lo");
    if (loopback.isEmpty()) {
      return;
    }
    Link stage =
        new Link(loopback.get().index(), "lo", OURS, true, true, true, MTU, 0, "rehearsal");
    Map<HeldAddress, Claim> addresses = new HashMap<>();
    for (InetAddress address : List.of(address4(), address6())) {
      addresses.put(new HeldAddress(address, stage.name()), Claim.TAKE_OVER);
    }
    Set<InetAddress> released =
        addresses.keySet().stream().map(HeldAddress::address).collect(Collectors.toSet());
    try (PacketEnforcement enforcement =
        new PacketEnforcement(
            new Stage(stage),
            new NoGate(virtualMacs),
            true,
            Pace.fast(Pace.PERIOD),
            System::nanoTime,
            () -> 0.5,
            false)) {
      enforcement.start();
      for (int i = 0; i < HOLDS; i++) {
        released.forEach(
            address -> InterfaceSelection.choose(network, address, InterfaceSelection.AUTOMATIC));
        enforcement.holdAll(addresses);
        enforcement.releaseAll(released);
      }
    } catch (IllegalStateException e) {
      // The kernel refused something: whoever needs it will say so.
      LOG.atDebug().setCause(e).log("the rehearsal ended early");
    }
  }

  /// A network of one interface that does not change.
  private record Stage(Link link) implements NodeNetwork {
    @Override
    public LinuxNetwork current() {
      return new LinuxNetwork(List.of(link), List.of(), List.of());
    }

    @Override
    public void onChange(Consumer<LinuxNetwork> listener) {}
  }

  /// Writes the messages for the kernel and sends none.
  private record NoGate(boolean virtualMacs) implements AddressGate {
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
      Batch batch = GateElements.adding(GateRules.PLACES, addresses.keySet());
      if (virtualMacs) {
        VirtualMacRules.take(batch, 1, macs(addresses.keySet()));
      }
      var _ = batch.messages();
    }

    @Override
    public void close(Set<InetAddress> addresses) {
      Batch batch = GateElements.removing(GateRules.PLACES, addresses);
      if (virtualMacs) {
        VirtualMacRules.leave(batch, 1, addresses, Set.copyOf(macs(addresses).values()));
      }
      var _ = batch.messages();
    }

    private static Map<InetAddress, MacAddress> macs(Set<InetAddress> addresses) {
      return addresses.stream().collect(Collectors.toMap(Function.identity(), VirtualMac::of));
    }

    @Override
    public void silence(Set<InetAddress> addresses) {}

    @Override
    public void remove() {}
  }

  /// Questions of both families to a responder that reaches no socket.
  private static void rehearse(boolean virtualMacs) {
    Inet4Address v4 = address4();
    Inet6Address v6 = address6();
    List<byte[]> questions =
        List.of(
            Announcements.probe(v4, THEIRS).encode(),
            Announcements.probe(v6, THEIRS).encode(),
            new Frame.Echo4(
                    new EthernetHeader(OURS, THEIRS, EthernetHeader.IPV4),
                    v4,
                    v4,
                    64,
                    new IcmpEcho(true, 1, 1, ByteBuffer.allocate(56)))
                .encode());
    for (int i = 0; i < ROUNDS; i++) {
      Responder responder =
          new Responder(
              OURS,
              Set.of(OURS),
              false,
              true,
              true,
              virtualMacs,
              Pace.fast(Pace.PERIOD),
              () -> 0.5,
              0);
      for (InetAddress address : List.of(v4, v6)) {
        responder.hold(address, Claim.FIRST, 0);
        responder.hold(address, Claim.TAKE_OVER, 0);
      }
      encode(responder.onTime(0));
      for (byte[] question : questions) {
        Frame.decode(question, question.length)
            .ifPresent(frame -> encode(responder.onFrame(frame, 1)));
      }
    }
  }

  private static void encode(List<Responder.Action> actions) {
    for (Responder.Action action : actions) {
      if (action instanceof Responder.Action.Send(Frame frame)) {
        byte[] octets = frame.encode();
        var _ = Frame.decode(octets, octets.length);
      }
    }
  }

  /// TEST-NET-1 (RFC 5737).
  private static Inet4Address address4() {
    return IpBytes.readV4(new byte[] {(byte) 192, 0, 2, 1}, 0);
  }

  /// The documentation prefix (RFC 3849).
  private static Inet6Address address6() {
    byte[] octets = new byte[16];
    octets[0] = 0x20;
    octets[1] = 0x01;
    octets[2] = 0x0d;
    octets[3] = (byte) 0xb8;
    octets[15] = 1;
    return IpBytes.readV6(octets, 0);
  }
}
