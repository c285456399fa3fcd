package dev.thresher.vip.linux;

import dev.thresher.vip.netlink.NetlinkMessage;
import java.util.ArrayList;
import java.util.List;

/// The kernel's neighbour tables, on request.
public final class NodeNeighbors {
  private NodeNeighbors() {}

  /// All neighbours of both families, as of now.
  public static SystemResult<List<Neighbor>> list() {
    return switch (NetlinkSocket.open(NetlinkSocket.Protocol.ROUTE, 0)) {
      case SystemResult.Failed<NetlinkSocket> failed -> failed.as();
      case SystemResult.Ok<NetlinkSocket>(NetlinkSocket socket) -> {
        try (socket) {
          List<Neighbor> found = new ArrayList<>();
          for (int family : new int[] {RouteMessages.AF_INET, RouteMessages.AF_INET6}) {
            switch (socket.dump(RouteMessages.GET_NEIGHBOR, RouteMessages.neighbors(family))) {
              case SystemResult.Failed<?> failed -> {
                yield new SystemResult.Failed<>(failed.call(), failed.errno(), failed.detail());
              }
              case SystemResult.Ok<List<NetlinkMessage>>(List<NetlinkMessage> messages) ->
                  messages.forEach(
                      message -> RouteMessages.neighbor(message).ifPresent(found::add));
            }
          }
          yield new SystemResult.Ok<>(List.copyOf(found));
        }
      }
    };
  }
}
