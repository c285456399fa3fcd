package dev.thresher.e2e.lab;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The requests that an API server answered, from its audit log.
///
/// The file is read anew by every call. A watch appears when it ends.
public final class AuditLog {
  /// What the authorizer says when no role allows a request.
  private static final String FORBIDDEN = "forbid";

  private static final Set<String> READS = Set.of("get", "list", "watch");

  private final Path file;

  AuditLog(Path file) {
    this.file = file;
  }

  /// @param resource plural, with the subresource behind a slash: `services/status`; empty for
  ///   requests that are not about a resource
  /// @param forbidden whether the user lacked the right; other refusals have status 403, too
  public record Request(
      Instant time,
      String user,
      String verb,
      String resource,
      String namespace,
      String name,
      String uri,
      String userAgent,
      int status,
      boolean forbidden) {

    public boolean isWrite() {
      return !READS.contains(verb);
    }

    public boolean isEvent() {
      return resource.equals("events");
    }

    /// A lease, or the Event that names a new leader.
    public boolean isOfLeadership() {
      return resource.equals("leases")
          || (resource.equals("events") && namespace.equals("kube-system"));
    }
  }

  public List<Request> requests() {
    return read(_ -> true);
  }

  /// The requests for which somebody lacked the right.
  List<Request> forbidden() {
    return read(line -> line.contains(FORBIDDEN)).stream().filter(Request::forbidden).toList();
  }

  /// Empty as long as nobody asked anything that is written down.
  private List<Request> read(Predicate<String> which) {
    if (!Files.exists(file)) {
      return List.of();
    }
    try (Stream<String> lines = Files.lines(file)) {
      // The last line may be half written.
      return lines.filter(which).filter(line -> line.endsWith("}")).map(AuditLog::parse).toList();
    } catch (IOException | UncheckedIOException e) {
      throw new LabException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /// The number of requests for each `user verb resource`.
  public Map<String, Long> counts(Predicate<Request> which) {
    return requests().stream()
        .filter(which)
        .collect(
            Collectors.groupingBy(
                r -> r.user() + " " + r.verb() + " " + r.resource(),
                TreeMap::new,
                Collectors.counting()));
  }

  static Request parse(String line) {
    JsonObject event = JsonParser.parseString(line).getAsJsonObject();
    String subresource = Json.text(event, "objectRef", "subresource").orElse("");
    return new Request(
        Instant.parse(Json.text(event, "requestReceivedTimestamp").orElseThrow()),
        Json.text(event, "user", "username").orElse(""),
        Json.text(event, "verb").orElse(""),
        Json.text(event, "objectRef", "resource").orElse("")
            + (subresource.isEmpty() ? "" : "/" + subresource),
        Json.text(event, "objectRef", "namespace").orElse(""),
        Json.text(event, "objectRef", "name").orElse(""),
        Json.text(event, "requestURI").orElse(""),
        Json.text(event, "userAgent").orElse(""),
        Json.text(event, "responseStatus", "code").map(Integer::parseInt).orElse(0),
        Json.text(event, "annotations", "authorization.k8s.io/decision")
            .filter(FORBIDDEN::equals)
            .isPresent());
  }
}
