package dev.thresher.vip.election;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1Lease;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The Leases in the API server. Every change names the version that it changes, so that it is a
/// compare-and-set; what others wrote into the objects is left alone. Blocks; any thread.
final class LeaseStore {

  /// What became of a compare-and-set.
  sealed interface Outcome<T> {
    record Done<T>(T value) implements Outcome<T> {}

    /// The object was not as expected: surely nothing was written.
    record Conflict<T>() implements Outcome<T> {}
  }

  private static final DateTimeFormatter MICRO =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private final KubeApi api;
  private final RightConfig config;
  private final LeaseText.Problems problems;

  LeaseStore(KubeApi api, RightConfig config, LeaseText.Problems problems) {
    this.api = api.urgent();
    this.config = config;
    this.problems = problems;
  }

  Optional<NodeLease> readNode(String node) {
    return api.get(CoreTypes.LEASE, nodeKey(node))
        .flatMap(lease -> LeaseText.node(lease, problems));
  }

  /// The own Lease; as one of session 0 if its annotations cannot be read, so that it can still be
  /// changed.
  Optional<NodeLease> readOwn() {
    return api.get(CoreTypes.LEASE, nodeKey(config.node()))
        .map(lease ->
            LeaseText.node(lease, problems)
                .orElseGet(() -> {
                  String version = lease.getMetadata().getResourceVersion();
                  return new NodeLease(
                      config.node(),
                      version == null ? "" : version,
                      new Session(0, "unknown"),
                      List.of(),
                      NodeLinks.NONE,
                      false);
                }));
  }

  Outcome<NodeLease> writeOwn(
      RightAction.WriteOwnLease write, List<InetSocketAddress> mesh, Instant now) {
    JsonObject spec = new JsonObject();
    if (write.leaving()) {
      spec.add("holderIdentity", JsonNull.INSTANCE);
    } else {
      spec.addProperty("holderIdentity", config.node() + "_" + write.session());
    }
    spec.addProperty("leaseDurationSeconds", config.times().leaseDuration().toSeconds());
    spec.addProperty("renewTime", MICRO.format(now));
    JsonObject annotations = new JsonObject();
    annotations.addProperty(OwnershipNames.SESSION, write.session().toString());
    annotations.addProperty(OwnershipNames.MESH, LeaseText.mesh(mesh));
    annotations.addProperty(OwnershipNames.LINKS, LeaseText.links(write.links()));
    annotations.add(
        OwnershipNames.LEAVING, write.leaving() ? new JsonPrimitive("true") : JsonNull.INSTANCE);
    ServedAddresses served = write.links().served();
    if (served.known()) {
      annotations.add(
          OwnershipNames.CONTROL_PLANE,
          served.addresses().isEmpty()
              ? JsonNull.INSTANCE
              : new JsonPrimitive(LeaseText.controlPlane(served.addresses())));
    }
    return write(nodeKey(config.node()), write.resourceVersion(), annotations, spec)
        .flatMap(lease -> LeaseText.node(lease, problems))
        .<Outcome<NodeLease>>map(Outcome.Done::new)
        .orElseGet(Outcome.Conflict::new);
  }

  Optional<V1Lease> readRecord() {
    return api.get(CoreTypes.LEASE, recordKey());
  }

  Outcome<HoldersRecord> createRecord(Map<InetAddress, Holder> holders) {
    JsonObject annotations = new JsonObject();
    holders.forEach((address, holder) ->
        annotations.addProperty(LeaseText.holderKey(address), holder.toString()));
    annotations.addProperty(OwnershipNames.RECORD_VERSION, "1");
    return record(write(recordKey(), "", annotations, new JsonObject()));
  }

  Outcome<HoldersRecord> changeRecord(
      HoldersRecord base, Map<InetAddress, Optional<Holder>> changes) {
    JsonObject annotations = new JsonObject();
    changes.forEach((address, holder) ->
        annotations.add(
            LeaseText.holderKey(address),
            holder
                .<JsonElement>map(h -> new JsonPrimitive(h.toString()))
                .orElse(JsonNull.INSTANCE)));
    annotations.addProperty(OwnershipNames.RECORD_VERSION, String.valueOf(base.version() + 1));
    return record(write(recordKey(), base.resourceVersion(), annotations, new JsonObject()));
  }

  private Outcome<HoldersRecord> record(Optional<V1Lease> written) {
    return written
        .map(lease -> LeaseText.record(lease, problems))
        .<Outcome<HoldersRecord>>map(Outcome.Done::new)
        .orElseGet(Outcome.Conflict::new);
  }

  /// @return empty on a conflict
  private Optional<V1Lease> write(
      ObjectKey key, String resourceVersion, JsonObject annotations, JsonObject spec) {
    JsonObject meta = new JsonObject();
    meta.add("annotations", annotations);
    JsonObject document = new JsonObject();
    document.add("metadata", meta);
    if (!spec.isEmpty()) {
      document.add("spec", spec);
    }
    try {
      if (resourceVersion.isEmpty()) {
        return Optional.of(create(key, document));
      }
      meta.addProperty("resourceVersion", resourceVersion);
      return api.patch(CoreTypes.LEASE, key, new Patch.Merge(document, ""));
    } catch (KubeApiException e) {
      if (e.is(Reason.CONFLICT) || e.is(Reason.ALREADY_EXISTS)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private V1Lease create(ObjectKey key, JsonObject document) {
    JsonObject meta = document.getAsJsonObject("metadata");
    meta.addProperty("name", key.name());
    meta.addProperty("namespace", key.namespace());
    JsonObject labels = new JsonObject();
    labels.addProperty(OwnershipNames.LABEL, OwnershipNames.FORMAT);
    meta.add("labels", labels);
    meta.getAsJsonObject("annotations").entrySet().removeIf(entry -> entry.getValue().isJsonNull());
    Optional<String> nodeUid = config.nodeUid().get();
    if (nodeUid.isPresent() && key.equals(nodeKey(config.node()))) {
      JsonObject owner = new JsonObject();
      owner.addProperty("apiVersion", CoreTypes.NODE.apiVersion());
      owner.addProperty("kind", CoreTypes.NODE.kind());
      owner.addProperty("name", config.node());
      owner.addProperty("uid", nodeUid.get());
      JsonArray owners = new JsonArray();
      owners.add(owner);
      meta.add("ownerReferences", owners);
    }
    document.addProperty("apiVersion", CoreTypes.LEASE.apiVersion());
    document.addProperty("kind", CoreTypes.LEASE.kind());
    if (!document.has("spec")) {
      document.add("spec", new JsonObject());
    }
    return api.createJson(CoreTypes.LEASE, key.namespace(), document);
  }

  private ObjectKey nodeKey(String node) {
    return ObjectKey.of(config.namespace(), OwnershipNames.NODE_LEASE_PREFIX + node);
  }

  private ObjectKey recordKey() {
    return ObjectKey.of(config.namespace(), OwnershipNames.HOLDERS_LEASE);
  }
}
