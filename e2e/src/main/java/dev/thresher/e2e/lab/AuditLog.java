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
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The requests that an API server answered, from its audit log.
///
/// The file is read anew by every call. A watch appears when it ends.
public final class AuditLog {
  private final Path file;

  AuditLog(Path file) {
    this.file = file;
  }

  /// @param resource plural, with the subresource behind a slash: `services/status`; empty for
  ///   requests that are not about a resource
  public record Request(
      Instant time,
      String user,
      String verb,
      String resource,
      String namespace,
      String name,
      String uri,
      String userAgent,
      int status) {}

  public List<Request> requests() {
    if (!Files.exists(file)) {
      throw new LabException("no audit log " + file + ": build the lab with audit(true)");
    }
    try (Stream<String> lines = Files.lines(file)) {
      // The last line may be half written.
      return lines.filter(line -> line.endsWith("}")).map(AuditLog::parse).toList();
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
        Json.text(event, "responseStatus", "code").map(Integer::parseInt).orElse(0));
  }
}
