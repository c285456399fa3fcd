package dev.thresher.vip.majority;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.vip.election.HoldersRecord;
import dev.thresher.vip.election.LeaseText;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.lease.RecordMark;
import dev.thresher.vip.lease.VoterRecord;
import dev.thresher.vip.lease.Witness;
import io.kubernetes.client.openapi.models.V1Lease;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The record of voters and the witness, as annotations of two Leases in the API server, and the
/// record of holders of the other right, as far as it has to be closed. Every change names the
/// version that it changes; every read is the server's newest. Blocks; any thread.
final class VoterStore {

  /// The record with what a change must name.
  record Stored(VoterRecord record, String resourceVersion) {}

  /// The record of the right by Leases.
  ///
  /// @param closed whether nobody takes addresses by it any more
  record Holders(HoldersRecord record, boolean closed) {}

  private static final Logger LOG = LoggerFactory.getLogger(VoterStore.class);

  private final KubeApi api;
  private final String namespace;

  VoterStore(KubeApi api, String namespace) {
    this.api = api.urgent();
    this.namespace = namespace;
  }

  /// A Lease without the annotation is what [#remove] leaves: no record.
  ///
  /// @throws IllegalArgumentException if somebody wrote what cannot be read
  Optional<Stored> read() {
    return api.get(CoreTypes.LEASE, key(OwnershipNames.VOTERS_LEASE))
        .filter(lease -> annotations(lease).containsKey(OwnershipNames.VOTERS))
        .map(lease ->
            new Stored(
                VoterText.parse(
                    Objects.requireNonNull(annotations(lease).get(OwnershipNames.VOTERS))),
                version(lease)));
  }

  /// @return false if there is one already
  boolean create(VoterRecord record) {
    boolean created =
        create(
                OwnershipNames.VOTERS_LEASE,
                Map.of(OwnershipNames.VOTERS, VoterText.text(record)),
                Map.of())
            .isPresent();
    return created
        || api.get(CoreTypes.LEASE, key(OwnershipNames.VOTERS_LEASE))
            .filter(lease -> !annotations(lease).containsKey(OwnershipNames.VOTERS))
            .filter(lease -> change(new Stored(record, version(lease)), record))
            .isPresent();
  }

  /// @return false if the record was changed meanwhile: nothing was written
  boolean change(Stored base, VoterRecord next) {
    JsonObject annotations = new JsonObject();
    annotations.addProperty(OwnershipNames.VOTERS, VoterText.text(next));
    return patch(OwnershipNames.VOTERS_LEASE, base.resourceVersion(), annotations).isPresent();
  }

  /// Takes the record of voters and the witness out of their Leases: the role of vip-managers does
  /// not allow to delete these.
  ///
  /// @return whether there was anything
  /// @throws IllegalStateException if somebody writes at the same time
  boolean remove() {
    boolean record = remove(OwnershipNames.VOTERS_LEASE, OwnershipNames.VOTERS);
    boolean witness = remove(OwnershipNames.WITNESS_LEASE, OwnershipNames.WITNESS);
    return record || witness;
  }

  private boolean remove(String name, String annotation) {
    Optional<V1Lease> lease =
        api.get(CoreTypes.LEASE, key(name))
            .filter(found -> annotations(found).containsKey(annotation));
    if (lease.isEmpty()) {
      return false;
    }
    JsonObject annotations = new JsonObject();
    annotations.add(annotation, JsonNull.INSTANCE);
    if (patch(name, version(lease.get()), annotations).isEmpty()) {
      throw new IllegalStateException(
          "the Lease " + name + " was changed meanwhile: are all vip-managers off?");
    }
    return true;
  }

  Optional<Holders> holders() {
    return api.get(CoreTypes.LEASE, key(OwnershipNames.HOLDERS_LEASE))
        .map(lease ->
            new Holders(
                LeaseText.record(lease, VoterStore::unreadable), LeaseText.isClosed(lease)));
  }

  /// A node's Lease; empty if there is none.
  Optional<NodeLease> node(String node) {
    return api.get(CoreTypes.LEASE, key(OwnershipNames.NODE_LEASE_PREFIX + node))
        .flatMap(lease -> LeaseText.node(lease, VoterStore::unreadable));
  }

  /// @return false if there is a record of holders meanwhile
  boolean createClosed() {
    return create(
            OwnershipNames.HOLDERS_LEASE,
            Map.of(OwnershipNames.CLOSED, "majority", OwnershipNames.RECORD_VERSION, "1"),
            Map.of(OwnershipNames.LABEL, OwnershipNames.FORMAT))
        .isPresent();
  }

  /// Takes all holders out of the record, and closes it.
  ///
  /// @return false if it was changed meanwhile: nothing was written
  boolean close(HoldersRecord base) {
    JsonObject annotations = new JsonObject();
    base.holders()
        .keySet()
        .forEach(address -> annotations.add(LeaseText.holderKey(address), JsonNull.INSTANCE));
    annotations.addProperty(OwnershipNames.CLOSED, "majority");
    annotations.addProperty(OwnershipNames.RECORD_VERSION, String.valueOf(base.version() + 1));
    return patch(OwnershipNames.HOLDERS_LEASE, base.resourceVersion(), annotations).isPresent();
  }

  /// Opens the record of holders again.
  ///
  /// @return false if there is none, or it was changed meanwhile
  boolean reopen() {
    JsonObject annotations = new JsonObject();
    annotations.add(OwnershipNames.CLOSED, JsonNull.INSTANCE);
    return holders()
        .filter(holders ->
            patch(OwnershipNames.HOLDERS_LEASE, holders.record().resourceVersion(), annotations)
                .isPresent())
        .isPresent();
  }

  Witness readWitness() {
    return api.get(CoreTypes.LEASE, key(OwnershipNames.WITNESS_LEASE))
        .map(VoterStore::witness)
        .orElseGet(() -> new Witness("", Witness.UNMARKED, ""));
  }

  /// @return empty if the witness was not as expected: nothing was written
  Optional<Witness> writeWitness(Witness base, String holder, RecordMark mark) {
    String text = VoterText.mark(mark) + " " + holder;
    if (base.resourceVersion().isEmpty()) {
      return create(OwnershipNames.WITNESS_LEASE, Map.of(OwnershipNames.WITNESS, text), Map.of())
          .map(VoterStore::witness);
    }
    JsonObject annotations = new JsonObject();
    annotations.addProperty(OwnershipNames.WITNESS, text);
    // The same text again must be a change too, for others see by it that the holder lives.
    annotations.addProperty(OwnershipNames.WITNESS_RENEWED, String.valueOf(System.nanoTime()));
    return patch(OwnershipNames.WITNESS_LEASE, base.resourceVersion(), annotations)
        .map(VoterStore::witness);
  }

  private static Witness witness(V1Lease lease) {
    String text = annotations(lease).get(OwnershipNames.WITNESS);
    if (text == null) {
      return new Witness("", Witness.UNMARKED, version(lease));
    }
    int first = text.indexOf(' ');
    int second = text.indexOf(' ', first + 1);
    if (second < 0) {
      throw new IllegalArgumentException("the witness cannot be read: \"" + text + "\"");
    }
    return new Witness(
        text.substring(second + 1), VoterText.parseMark(text.substring(0, second)), version(lease));
  }

  private Optional<V1Lease> create(
      String name, Map<String, String> values, Map<String, String> labels) {
    JsonObject annotations = new JsonObject();
    values.forEach(annotations::addProperty);
    JsonObject meta = new JsonObject();
    if (!labels.isEmpty()) {
      JsonObject named = new JsonObject();
      labels.forEach(named::addProperty);
      meta.add("labels", named);
    }
    meta.addProperty("name", name);
    meta.addProperty("namespace", namespace);
    meta.add("annotations", annotations);
    JsonObject document = new JsonObject();
    document.addProperty("apiVersion", CoreTypes.LEASE.apiVersion());
    document.addProperty("kind", CoreTypes.LEASE.kind());
    document.add("metadata", meta);
    document.add("spec", new JsonObject());
    try {
      return Optional.of(api.createJson(CoreTypes.LEASE, namespace, document));
    } catch (KubeApiException e) {
      if (e.is(Reason.ALREADY_EXISTS) || e.is(Reason.CONFLICT)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private Optional<V1Lease> patch(String name, String resourceVersion, JsonObject annotations) {
    JsonObject meta = new JsonObject();
    meta.addProperty("resourceVersion", resourceVersion);
    meta.add("annotations", annotations);
    JsonObject document = new JsonObject();
    document.add("metadata", meta);
    try {
      return api.patch(CoreTypes.LEASE, key(name), new Patch.Merge(document, ""));
    } catch (KubeApiException e) {
      if (e.is(Reason.CONFLICT)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private ObjectKey key(String name) {
    return ObjectKey.of(namespace, name);
  }

  private static Map<String, String> annotations(V1Lease lease) {
    Map<String, String> annotations = lease.getMetadata().getAnnotations();
    return annotations == null ? Map.of() : annotations;
  }

  private static void unreadable(String lease, String problem) {
    LOG.atWarn()
        .addKeyValue("lease", lease)
        .addKeyValue("problem", problem)
        .log("a Lease cannot be read and is ignored");
  }

  private static String version(V1Lease lease) {
    String version = lease.getMetadata().getResourceVersion();
    return version == null ? "" : version;
  }
}
