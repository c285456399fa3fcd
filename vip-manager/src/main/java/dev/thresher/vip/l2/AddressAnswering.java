package dev.thresher.vip.l2;

import dev.thresher.vip.packet.ArpPacket;
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.NeighborAdvertisement;
import dev.thresher.vip.packet.NeighborSolicitation;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a frame means to an interface that answers for addresses: a pure function.
///
/// The sets are read, not copied: the caller may change them between calls, not during one.
///
/// @param mac the interface's own
/// @param ownMacs of every interface of this node: what they say is no foreign claim, also where
///   two interfaces share a link or a switch sends our frames back
/// @param answered addresses that are held
/// @param probing addresses whose first claim is being probed
/// @param virtualMacs of addresses, held or probed, that have a MAC of their own; the others are
///   answered with the interface's. Another node that held such an address a moment ago answered
///   with the same MAC: for an address that is held that is no foreign claim.
/// @param router whether this node forwards IPv6, which an advertisement must say (RFC 4861 4.4)
/// @param icmp whether echo requests are answered
public record AddressAnswering(
    MacAddress mac,
    Set<MacAddress> ownMacs,
    Set<InetAddress> answered,
    Set<InetAddress> probing,
    Map<InetAddress, MacAddress> virtualMacs,
    boolean router,
    boolean icmp) {

  private static final int ON_LINK = 255;
  private static final int ECHO_HOPS = 64;

  /// What to do about a frame.
  public sealed interface Reaction {
    /// Nothing.
    record Ignore() implements Reaction {}

    /// Send an answer.
    record Answer(Frame frame) implements Reaction {}

    /// Send an answer unless too many echo requests were answered already.
    record AnswerEcho(Frame frame) implements Reaction {}

    /// Somebody else claims an address that is held, or wants one that is being probed.
    record Claimed(InetAddress address, MacAddress by) implements Reaction {}
  }

  private static final Reaction IGNORE = new Reaction.Ignore();

  /// The reaction to a frame that the interface received.
  public Reaction to(Frame frame) {
    MacAddress source = frame.ethernet().source();
    if (ownMacs.contains(source) || source.isGroup()) {
      return IGNORE;
    }
    return switch (frame) {
      case Frame.Arp arp -> toArp(arp);
      case Frame.Solicitation solicitation -> toSolicitation(solicitation);
      case Frame.Advertisement advertisement -> toAdvertisement(advertisement);
      case Frame.Echo4 echo -> toEcho(echo);
      case Frame.Echo6 echo -> toEcho(echo);
    };
  }

  private Reaction toArp(Frame.Arp arp) {
    ArpPacket packet = arp.packet();
    MacAddress sender = packet.senderMac();
    if (ownMacs.contains(sender) || sender.isGroup() || sender.equals(MacAddress.ZERO)) {
      return IGNORE;
    }
    if (answered.contains(packet.sender()) || probing.contains(packet.sender())) {
      return claimed(packet.sender(), sender);
    }
    if (packet.operation() != ArpPacket.Operation.REQUEST
        || !isForUs(arp.ethernet(), packet.target())) {
      return IGNORE;
    }
    if (answered.contains(packet.target())) {
      MacAddress ours = macOf(packet.target());
      return new Reaction.Answer(
          new Frame.Arp(
              new EthernetHeader(sender, ours, EthernetHeader.ARP),
              new ArpPacket(
                  ArpPacket.Operation.REPLY,
                  /* senderMac= */ ours,
                  /* sender= */ packet.target(),
                  /* targetMac= */ sender,
                  /* target= */ packet.sender())));
    }
    // Two that probe one address at the same time: neither may have it (RFC 5227 2.1.1).
    if (packet.sender().isAnyLocalAddress() && probing.contains(packet.target())) {
      return new Reaction.Claimed(packet.target(), sender);
    }
    return IGNORE;
  }

  private Reaction toSolicitation(Frame.Solicitation frame) {
    NeighborSolicitation message = frame.message();
    Inet6Address target = message.target();
    boolean detecting = frame.source().isAnyLocalAddress();
    if (frame.hopLimit() != ON_LINK || !isForUs(frame.ethernet(), target)) {
      return IGNORE;
    }
    if (!detecting && (answered.contains(frame.source()) || probing.contains(frame.source()))) {
      return claimed(frame.source(), frame.ethernet().source());
    }
    if (detecting) {
      // RFC 4861 7.1.1: duplicate detection goes to the group and tells no source MAC.
      if (!frame.destination().equals(IpBytes.solicitedNode(target))
          || message.sourceMac() != null) {
        return IGNORE;
      }
      if (probing.contains(target)) {
        return new Reaction.Claimed(target, frame.ethernet().source());
      }
    }
    if (!answered.contains(target)
        || !(frame.destination().isMulticastAddress() || frame.destination().equals(target))) {
      return IGNORE;
    }
    return new Reaction.Answer(
        detecting
            ? Announcements.advertisement(target, macOf(target), router)
            : solicited(target, frame.source(), neighborMac(frame.ethernet(), message)));
  }

  private Frame solicited(Inet6Address target, Inet6Address to, MacAddress toMac) {
    MacAddress ours = macOf(target);
    return new Frame.Advertisement(
        new EthernetHeader(toMac, ours, EthernetHeader.IPV6),
        target,
        to,
        ON_LINK,
        new NeighborAdvertisement(target, router, true, true, ours));
  }

  /// Where the answer goes: where the option says, else back where the frame came from. Asking the
  /// kernel's neighbour table would cost a round trip that the asker does not expect.
  private static MacAddress neighborMac(EthernetHeader ethernet, NeighborSolicitation message) {
    @Nullable MacAddress option = message.sourceMac();
    return option == null || option.isGroup() ? ethernet.source() : option;
  }

  private Reaction toAdvertisement(Frame.Advertisement frame) {
    NeighborAdvertisement message = frame.message();
    MacAddress claimed =
        message.targetMac() == null ? frame.ethernet().source() : message.targetMac();
    boolean ours = answered.contains(message.target()) || probing.contains(message.target());
    return frame.hopLimit() != ON_LINK || !ours || ownMacs.contains(claimed)
        ? IGNORE
        : claimed(message.target(), claimed);
  }

  /// Somebody says that an address, held or probed, is at a MAC that is no interface's of ours.
  private Reaction claimed(InetAddress address, MacAddress by) {
    return answered.contains(address) && by.equals(virtualMacs.get(address))
        ? IGNORE
        : new Reaction.Claimed(address, by);
  }

  private Reaction toEcho(Frame.Echo4 echo) {
    return isAnswerable(echo.ethernet(), echo.source(), echo.destination())
            && echo.message().request()
        ? new Reaction.AnswerEcho(
            new Frame.Echo4(
                back(echo.ethernet(), echo.destination()),
                /* source= */ echo.destination(),
                /* destination= */ echo.source(),
                ECHO_HOPS,
                echo.message().reply()))
        : IGNORE;
  }

  private Reaction toEcho(Frame.Echo6 echo) {
    return isAnswerable(echo.ethernet(), echo.source(), echo.destination())
            && echo.message().request()
        ? new Reaction.AnswerEcho(
            new Frame.Echo6(
                back(echo.ethernet(), echo.destination()),
                /* source= */ echo.destination(),
                /* destination= */ echo.source(),
                ECHO_HOPS,
                echo.message().reply()))
        : IGNORE;
  }

  private boolean isAnswerable(
      EthernetHeader ethernet, InetAddress source, InetAddress destination) {
    return icmp
        && isUnicastForUs(ethernet, destination)
        && answered.contains(destination)
        && !source.isMulticastAddress()
        && !source.isAnyLocalAddress()
        && !source.isLoopbackAddress()
        && !answered.contains(source);
  }

  private EthernetHeader back(EthernetHeader ethernet, InetAddress from) {
    return new EthernetHeader(ethernet.source(), macOf(from), ethernet.type());
  }

  /// A promiscuous interface, such as a bridge's or one that takes virtual MACs, shows frames for
  /// others too.
  private boolean isForUs(EthernetHeader ethernet, InetAddress asked) {
    return ethernet.destination().isGroup() || isUnicastForUs(ethernet, asked);
  }

  private boolean isUnicastForUs(EthernetHeader ethernet, InetAddress asked) {
    MacAddress destination = ethernet.destination();
    return destination.equals(mac) || destination.equals(virtualMacs.get(asked));
  }

  /// With which MAC an address is answered and announced.
  MacAddress macOf(InetAddress address) {
    return virtualMacs.getOrDefault(address, mac);
  }
}
