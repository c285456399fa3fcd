package dev.thresher.vip.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Membership in IPv6 multicast groups, so that the kernel reports it (MLD) and a bridge that
/// snoops forwards the groups' frames here. A packet socket alone does not report anything.
///
/// One socket takes only as many groups as `net.core.optmem_max` has room for, so there are as many
/// sockets as needed. Memberships end with the process. Not thread-safe.
public final class Ipv6Groups implements AutoCloseable {
  private static final int AF_INET6 = 10;
  private static final int SOCK_DGRAM = 2;
  private static final int IPPROTO_IPV6 = 41;
  private static final int IPV6_JOIN_GROUP = 20;
  private static final int IPV6_LEAVE_GROUP = 21;

  private record Membership(int interfaceIndex, Inet6Address group) {}

  private static final class Joined {
    private final Descriptor socket;
    private int users;

    private Joined(Descriptor socket) {
      this.socket = socket;
    }
  }

  private final List<Descriptor> sockets = new ArrayList<>();
  private final Map<Membership, Joined> memberships = new HashMap<>();

  /// Joins a group on an interface; counted, so that addresses can share a group.
  public SystemResult<Integer> join(int interfaceIndex, Inet6Address group) {
    Membership membership = new Membership(interfaceIndex, group);
    Joined already = memberships.get(membership);
    if (already != null) {
      already.users++;
      return new SystemResult.Ok<>(already.users);
    }
    int result = -Errno.ENOMEM;
    for (Descriptor socket : sockets.reversed()) {
      result = change(socket, IPV6_JOIN_GROUP, membership);
      if (result >= 0) {
        return joined(membership, socket);
      }
      if (!isFull(result)) {
        break;
      }
    }
    if (!isFull(result)) {
      return SystemResult.failed(call(membership), result);
    }
    return switch (Descriptor.socket(AF_INET6, SOCK_DGRAM, 0)) {
      case SystemResult.Failed<Descriptor> failed -> failed.as();
      case SystemResult.Ok<Descriptor>(Descriptor socket) -> {
        result = change(socket, IPV6_JOIN_GROUP, membership);
        if (result < 0) {
          socket.close();
          yield SystemResult.failed(call(membership), result);
        }
        sockets.add(socket);
        yield joined(membership, socket);
      }
    };
  }

  private SystemResult<Integer> joined(Membership membership, Descriptor socket) {
    Joined joined = new Joined(socket);
    joined.users = 1;
    memberships.put(membership, joined);
    return new SystemResult.Ok<>(1);
  }

  private static boolean isFull(int result) {
    return result == -Errno.ENOMEM || result == -Errno.ENOBUFS;
  }

  private static String call(Membership membership) {
    return "join "
        + membership.group.getHostAddress()
        + " on interface "
        + membership.interfaceIndex;
  }

  /// Undoes one [#join]; leaves the group when nobody uses it any more.
  public void leave(int interfaceIndex, Inet6Address group) {
    Membership membership = new Membership(interfaceIndex, group);
    Joined joined = memberships.get(membership);
    if (joined != null && --joined.users == 0) {
      memberships.remove(membership);
      // Fails only if the interface is gone, and the membership with it.
      int _ = change(joined.socket, IPV6_LEAVE_GROUP, membership);
    }
  }

  /// Leaves and joins every group of an interface again, so that each is reported anew: after a
  /// link came up or a bridge changed, whoever snoops may have forgotten.
  public void report(int interfaceIndex) {
    memberships.forEach((membership, joined) -> {
      if (membership.interfaceIndex == interfaceIndex) {
        int _ = change(joined.socket, IPV6_LEAVE_GROUP, membership);
        int _ = change(joined.socket, IPV6_JOIN_GROUP, membership);
      }
    });
  }

  private static int change(Descriptor socket, int option, Membership membership) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(Structs.IPV6_MREQ, 4);
      MemorySegment.copy(membership.group.getAddress(), 0, request, JAVA_BYTE, 0, 16);
      request.set(JAVA_INT, Structs.IPV6_MREQ_IFINDEX, membership.interfaceIndex);
      return socket.setOption(IPPROTO_IPV6, option, request);
    }
  }

  @Override
  public void close() {
    sockets.forEach(Descriptor::close);
    sockets.clear();
    memberships.clear();
  }
}
