package dev.thresher.runtime.leader;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/// A `coordination.k8s.io/v1` Lease as the JSON document that was read, with the fields of the
/// election. Immutable: every change gives a new document and keeps what it does not know.
record LeaseDocument(JsonObject json) {

  /// `MicroTime` of the API: always six digits.
  private static final DateTimeFormatter MICRO_TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  /// A lease that nobody has made yet, not held.
  static LeaseDocument absent(ObjectKey key) {
    var json = new JsonObject();
    json.addProperty("apiVersion", CoreTypes.LEASE.apiVersion());
    json.addProperty("kind", CoreTypes.LEASE.kind());
    var metadata = new JsonObject();
    metadata.addProperty("namespace", key.namespace());
    metadata.addProperty("name", key.name());
    json.add("metadata", metadata);
    json.add("spec", new JsonObject());
    return new LeaseDocument(json);
  }

  /// Empty if the lease is free.
  Optional<String> holder() {
    return text(spec(), "holderIdentity").filter(holder -> !holder.isEmpty());
  }

  /// How long the holder asked the others to wait, empty if it did not say.
  Optional<Duration> duration() {
    return number(spec(), "leaseDurationSeconds").filter(s -> s > 0).map(Duration::ofSeconds);
  }

  long transitions() {
    return number(spec(), "leaseTransitions").orElse(0L);
  }

  /// When the holder acquired it, as it was written: an identity of the tenure, not a time to
  /// reckon with.
  String acquireTime() {
    return text(spec(), "acquireTime").orElse("");
  }

  String resourceVersion() {
    return text(metadata(), "resourceVersion").orElse("");
  }

  Optional<String> uid() {
    return text(metadata(), "uid");
  }

  /// What changes when a holder gives a sign of life. Labels and annotations are none.
  JsonObject signOfLife() {
    return spec();
  }

  /// Held by a new holder from now on.
  LeaseDocument acquiredBy(String identity, Duration duration, Instant now) {
    JsonObject spec = spec().deepCopy();
    boolean first = !spec.has("acquireTime");
    spec.addProperty("holderIdentity", identity);
    spec.addProperty("leaseDurationSeconds", seconds(duration));
    spec.addProperty("acquireTime", MICRO_TIME.format(now));
    spec.addProperty("renewTime", MICRO_TIME.format(now));
    spec.addProperty("leaseTransitions", first ? 0 : transitions() + 1);
    return withSpec(spec);
  }

  LeaseDocument renewed(Duration duration, Instant now) {
    JsonObject spec = spec().deepCopy();
    spec.addProperty("leaseDurationSeconds", seconds(duration));
    spec.addProperty("renewTime", MICRO_TIME.format(now));
    return withSpec(spec);
  }

  /// Free for anybody at once, in the manner of client-go: no holder and the shortest duration.
  LeaseDocument released(Instant now) {
    JsonObject spec = spec().deepCopy();
    spec.addProperty("holderIdentity", "");
    spec.addProperty("leaseDurationSeconds", 1);
    spec.addProperty("acquireTime", MICRO_TIME.format(now));
    spec.addProperty("renewTime", MICRO_TIME.format(now));
    return withSpec(spec);
  }

  /// The same content at the version that the server gave it.
  LeaseDocument atVersion(String resourceVersion) {
    JsonObject metadata = metadata().deepCopy();
    metadata.addProperty("resourceVersion", resourceVersion);
    return with("metadata", metadata);
  }

  private LeaseDocument withSpec(JsonObject spec) {
    return with("spec", spec);
  }

  private LeaseDocument with(String field, JsonObject value) {
    var changed = new JsonObject();
    json.asMap().forEach(changed::add);
    changed.add(field, value);
    return new LeaseDocument(changed);
  }

  private JsonObject spec() {
    return object("spec");
  }

  private JsonObject metadata() {
    return object("metadata");
  }

  private JsonObject object(String field) {
    return json.get(field) instanceof JsonObject object ? object : new JsonObject();
  }

  /// The API takes whole seconds; a fraction is rounded up, so that others wait long enough.
  private static long seconds(Duration duration) {
    return Math.max(1, duration.plusNanos(999_999_999).toSeconds());
  }

  private static Optional<String> text(JsonObject object, String field) {
    return primitive(object, field).map(JsonElement::getAsString);
  }

  private static Optional<Long> number(JsonObject object, String field) {
    return primitive(object, field).map(JsonElement::getAsLong);
  }

  private static Optional<JsonElement> primitive(JsonObject object, String field) {
    return Optional.ofNullable(object.get(field)).filter(JsonElement::isJsonPrimitive);
  }
}
