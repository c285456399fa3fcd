package dev.thresher.vip.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.thresher.vip.netlink.NetlinkMessage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// A conversation with a subsystem of the kernel (netlink(7)).
///
/// A socket either asks ([#dump], [#transact]) or listens ([#receive]); one that does both would
/// have to sort answers from events. Not thread-safe. The kernel answers while the request is being
/// sent, so asking never waits for anybody else.
public final class NetlinkSocket implements AutoCloseable, Pollable {

  /// The subsystem.
  public enum Protocol {
    /// Links, addresses, routes, neighbours.
    ROUTE(0),
    /// nftables and its kin.
    NETFILTER(12);

    private final int number;

    Protocol(int number) {
      this.number = number;
    }
  }

  /// What a read gave.
  public sealed interface Received {
    /// The messages of a datagram.
    record Messages(List<NetlinkMessage> messages) implements Received {
      public Messages {
        messages = List.copyOf(messages);
      }
    }

    /// Nothing is waiting.
    record Nothing() implements Received {}

    /// Messages were lost: whatever was learned from events must be asked for again.
    record Lost() implements Received {}

    /// The socket failed.
    record Failed(Errno errno) implements Received {}
  }

  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW = 3;
  private static final int SOL_NETLINK = 270;
  private static final int CAP_ACK = 10;
  private static final int EXT_ACK = 11;
  private static final int STRICT_CHECK = 12;
  private static final int MSG_TRUNC = 0x20;

  private static final int BUFFER = 256 * 1024;
  private static final int RECEIVE_BUFFER = 4 << 20;
  private static final int DUMP_ATTEMPTS = 10;

  private final Descriptor descriptor;
  private final MemorySegment receiving;
  private final MemorySegment kernel;
  private int sequence;

  private NetlinkSocket(Descriptor descriptor) {
    this.descriptor = descriptor;
    this.receiving = descriptor.allocate(BUFFER);
    this.kernel = descriptor.allocate(Structs.SOCKADDR_NL);
    kernel.set(JAVA_SHORT, 0, (short) AF_NETLINK);
  }

  /// Opens a socket.
  ///
  /// @param groups the mask of multicast groups to listen to (RTMGRP_ bits); 0 to ask only
  public static SystemResult<NetlinkSocket> open(Protocol protocol, int groups) {
    return switch (Descriptor.socket(AF_NETLINK, SOCK_RAW, protocol.number)) {
      case SystemResult.Failed<Descriptor> failed -> failed.as();
      case SystemResult.Ok<Descriptor>(Descriptor descriptor) -> {
        // Short answers that say in words what is wrong; kernels without them just say less.
        int _ = descriptor.setOption(SOL_NETLINK, CAP_ACK, 1);
        int _ = descriptor.setOption(SOL_NETLINK, EXT_ACK, 1);
        int _ = descriptor.setOption(SOL_NETLINK, STRICT_CHECK, 1);
        descriptor.receiveBuffer(RECEIVE_BUFFER);
        NetlinkSocket socket = new NetlinkSocket(descriptor);
        MemorySegment address = descriptor.allocate(Structs.SOCKADDR_NL);
        address.set(JAVA_SHORT, 0, (short) AF_NETLINK);
        address.set(JAVA_INT, Structs.SOCKADDR_NL_GROUPS, groups);
        int result = descriptor.bind(address);
        if (result < 0) {
          descriptor.close();
          yield SystemResult.failed("bind a netlink socket", result);
        }
        yield new SystemResult.Ok<>(socket);
      }
    };
  }

  /// Asks for all entries; again if they changed meanwhile.
  ///
  /// @param payload the fixed part of the request, which chooses family or table
  public SystemResult<List<NetlinkMessage>> dump(int type, byte[] payload) {
    String call = "netlink dump " + type;
    for (int attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
      NetlinkMessage request =
          NetlinkMessage.request(type, NetlinkMessage.DUMP, payload).withSequence(++sequence);
      int sent = send(List.of(request));
      if (sent < 0) {
        return SystemResult.failed(call, sent);
      }
      List<NetlinkMessage> found = new ArrayList<>();
      boolean interrupted = false;
      boolean done = false;
      while (!done) {
        switch (receive()) {
          case Received.Messages(List<NetlinkMessage> messages) -> {
            for (NetlinkMessage message : messages) {
              if (message.sequence() != sequence) {
                continue;
              }
              interrupted |= (message.flags() & NetlinkMessage.DUMP_INTERRUPTED) != 0;
              if (message.type() == NetlinkMessage.ERROR && message.error() != 0) {
                return new SystemResult.Failed<>(
                    call, new Errno(message.error()), message.errorText());
              }
              if (message.type() == NetlinkMessage.DONE) {
                done = true;
              } else {
                found.add(message);
              }
            }
          }
          case Received.Lost() -> {
            interrupted = true;
            done = true;
          }
          // The kernel goes on with a dump when it is read: nothing waiting means it is over.
          case Received.Nothing() -> {
            interrupted = true;
            done = true;
          }
          case Received.Failed(Errno errno) -> {
            return new SystemResult.Failed<>(call, errno, "");
          }
        }
      }
      if (!interrupted) {
        return new SystemResult.Ok<>(found);
      }
    }
    return new SystemResult.Failed<>(
        call, new Errno(Errno.EAGAIN), "changed during each of " + DUMP_ATTEMPTS + " attempts");
  }

  /// Sends requests of which the last that asks for an acknowledgement ends the conversation.
  ///
  /// @return how many messages were sent, or the first refusal
  public SystemResult<Integer> transact(List<NetlinkMessage> requests) {
    int first = sequence + 1;
    int last = 0;
    List<NetlinkMessage> numbered = new ArrayList<>();
    for (NetlinkMessage request : requests) {
      numbered.add(request.withSequence(++sequence));
      if ((request.flags() & NetlinkMessage.ACK) != 0) {
        last = sequence;
      }
    }
    String call = "netlink request " + requests.getFirst().type();
    int sent = send(numbered);
    if (sent < 0) {
      return SystemResult.failed(call, sent);
    }
    SystemResult.Failed<Integer> failed = null;
    boolean acknowledged = false;
    while (true) {
      switch (receive()) {
        case Received.Messages(List<NetlinkMessage> messages) -> {
          for (NetlinkMessage message : messages) {
            int index = message.sequence() - first;
            if (message.type() != NetlinkMessage.ERROR || index < 0 || index >= requests.size()) {
              continue;
            }
            acknowledged |= message.sequence() == last;
            if (message.error() != 0 && failed == null) {
              failed =
                  new SystemResult.Failed<>(
                      "netlink request " + requests.get(index).type() + " (message " + index + ")",
                      new Errno(message.error()),
                      message.errorText());
            }
          }
        }
        case Received.Lost() -> {
          return SystemResult.failed(call, -Errno.ENOBUFS);
        }
        case Received.Failed(Errno errno) -> {
          return new SystemResult.Failed<>(call, errno, "");
        }
        case Received.Nothing() -> {
          if (failed != null) {
            return failed;
          }
          return acknowledged
              ? new SystemResult.Ok<>(requests.size())
              : new SystemResult.Failed<>(call, new Errno(Errno.ETIMEDOUT), "no acknowledgement");
        }
      }
    }
  }

  private int send(List<NetlinkMessage> messages) {
    byte[] octets = NetlinkMessage.encode(messages);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(octets.length, 4);
      MemorySegment.copy(octets, 0, out, JAVA_BYTE, 0, octets.length);
      return LibC.sendto(descriptor.errno(), descriptor.number(), out, octets.length, kernel);
    }
  }

  /// Reads one datagram, without waiting.
  public Received receive() {
    int length;
    do {
      length =
          LibC.recvfrom(
              descriptor.errno(),
              descriptor.number(),
              receiving,
              MSG_TRUNC,
              MemorySegment.NULL,
              MemorySegment.NULL);
    } while (length == -Errno.EINTR);
    if (length < 0) {
      return switch (-length) {
        case Errno.EAGAIN -> new Received.Nothing();
        case Errno.ENOBUFS -> new Received.Lost();
        default -> new Received.Failed(new Errno(-length));
      };
    }
    if (length > BUFFER) {
      return new Received.Lost();
    }
    byte[] datagram = new byte[length];
    MemorySegment.copy(receiving, JAVA_BYTE, 0, datagram, 0, length);
    List<NetlinkMessage> messages = NetlinkMessage.decode(datagram, length);
    return messages.stream().anyMatch(message -> message.type() == NetlinkMessage.OVERRUN)
        ? new Received.Lost()
        : new Received.Messages(messages);
  }

  @Override
  public int pollNumber() {
    return descriptor.number();
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
