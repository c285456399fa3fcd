package dev.thresher.vip.l2;

import dev.thresher.vip.linux.NetlinkSocket;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.netlink.NetlinkMessage;
import dev.thresher.vip.nftables.Batch;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/// The tables of [RestRules] in the kernel. What an earlier process had made silent stays so for
/// its time: its addresses may be on an interface yet, and another node may answer for them.
///
/// Not thread-safe.
final class RestTables implements AutoCloseable {

  /// Longer than the kernel needs to take an address back.
  private static final Duration SILENCE = Duration.ofSeconds(10);

  private final NetlinkSocket socket;

  /// When tables were found, as [System#nanoTime()].
  private OptionalLong foundAt = OptionalLong.empty();

  private RestTables(NetlinkSocket socket) {
    this.socket = socket;
  }

  static SystemResult<RestTables> open() {
    return switch (NetlinkSocket.open(NetlinkSocket.Protocol.NETFILTER, 0)) {
      case SystemResult.Failed<NetlinkSocket> failed -> failed.as();
      case SystemResult.Ok<NetlinkSocket>(NetlinkSocket socket) -> {
        RestTables tables = new RestTables(socket);
        if (tables.make() instanceof SystemResult.Failed<Integer> failed) {
          socket.close();
          yield failed.as();
        }
        yield new SystemResult.Ok<>(tables);
      }
    };
  }

  private SystemResult<Integer> make() {
    SystemResult<Integer> made = transact(RestRules.install());
    if (made instanceof SystemResult.Failed<Integer> failed && failed.errno().isPresentAlready()) {
      foundAt = OptionalLong.of(System.nanoTime());
      return transact(RestRules.renew());
    }
    return made;
  }

  /// For some seconds from now on the kernel is silent about the addresses unless this process lets
  /// it speak.
  SystemResult<Integer> rest(Set<InetAddress> silent) {
    List<NetlinkMessage> messages = RestRules.rest(silent, SILENCE.toMillis()).messages();
    SystemResult<Integer> result = socket.transact(messages);
    if (result instanceof SystemResult.Failed<Integer> failed && failed.errno().isAbsent()) {
      // They are nobody's, and somebody removed them.
      SystemResult<Integer> made = make();
      return made instanceof SystemResult.Failed<Integer> ? made : socket.transact(messages);
    }
    return result;
  }

  /// Removes the tables, unless addresses of an earlier process may be in them yet: those end by
  /// themselves, and then the tables mean nothing.
  void remove() {
    if (foundAt.isEmpty() || System.nanoTime() - foundAt.getAsLong() > SILENCE.toNanos()) {
      SystemResult<Integer> _ = transact(RestRules.remove());
    }
  }

  private SystemResult<Integer> transact(Batch batch) {
    return socket.transact(batch.messages());
  }

  @Override
  public void close() {
    socket.close();
  }
}
