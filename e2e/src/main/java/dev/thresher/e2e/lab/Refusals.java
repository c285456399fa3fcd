package dev.thresher.e2e.lab;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/// What the programs of this project were refused for want of a right, other than on purpose.
///
/// A program that asks for more than its role allows works in every test that runs it as somebody
/// who may do everything, and fails where it is installed.
final class Refusals {
  /// Begin of what they call themselves.
  private static final String OURS = "thresher-";

  private final Set<String> expected = ConcurrentHashMap.newKeySet();

  void expect(String user, Collection<String> requests) {
    requests.forEach(request -> expected.add(user + " " + request));
  }

  List<String> unexpected(ControlPlane server) {
    return unexpected(server.name(), server.forbidden());
  }

  /// Each kind of request once, with their number.
  List<String> unexpected(String server, List<AuditLog.Request> forbidden) {
    Map<String, Long> kinds =
        forbidden.stream()
            .filter(request -> request.userAgent().startsWith(OURS))
            .map(request -> request.user() + " " + kind(request))
            .filter(kind -> !expected.contains(kind))
            .collect(Collectors.groupingBy(k -> k, TreeMap::new, Collectors.counting()));
    return kinds.entrySet().stream()
        .map(kind -> server + ": " + kind.getKey() + " (" + kind.getValue() + ")")
        .toList();
  }

  private static String kind(AuditLog.Request request) {
    String what = request.resource().isEmpty() ? request.uri() : request.resource();
    return request.verb() + " " + what;
  }
}
