package dev.thresher.vip.kubevip;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.json.LenientJson;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.vip.election.RightTimes;
import io.kubernetes.client.openapi.models.V1Lease;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/// kube-vip's Leases in the API server: read, changed in place and written back whole with the
/// version that was read, since kube-vip's role allows `update` only. Blocks; any thread.
///
/// Source of what is written: kubernetes/client-go, `tools/leaderelection/leaderelection.go`.
final class KubeVipStore {

  /// What became of an attempt.
  sealed interface Outcome {
    record Wrote(SeenLease lease) implements Outcome {}

    /// The Lease is not as the attempt wanted it; surely nothing was written.
    record Found(Optional<SeenLease> lease) implements Outcome {}
  }

  private static final DateTimeFormatter MICRO =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private final KubeApi api;
  private final String node;
  private final RightTimes times;

  KubeVipStore(KubeApi api, String node, RightTimes times) {
    this.api = api.urgent();
    this.node = node;
    this.times = times;
  }

  Outcome attempt(Attempt attempt, Instant now) {
    try {
      Optional<JsonObject> read = api.getJson(CoreTypes.LEASE, attempt.lease());
      if (read.isEmpty()) {
        return attempt instanceof Attempt.Take(var key, var version) && version.isEmpty()
            ? new Outcome.Wrote(create(key, now))
            : new Outcome.Found(Optional.empty());
      }
      SeenLease lease = SeenLease.of(LenientJson.gson().fromJson(read.get(), V1Lease.class));
      return isWanted(attempt, lease)
          ? replace(attempt, read.get(), lease, now)
          : new Outcome.Found(Optional.of(lease));
    } catch (KubeApiException e) {
      if (e.is(Reason.CONFLICT) || e.is(Reason.ALREADY_EXISTS)) {
        return new Outcome.Found(api.get(CoreTypes.LEASE, attempt.lease()).map(SeenLease::of));
      }
      throw e;
    }
  }

  private boolean isWanted(Attempt attempt, SeenLease lease) {
    return switch (attempt) {
      case Attempt.Take(_, var version) ->
          version.equals(lease.version()) && !lease.holder().equals(node);
      case Attempt.Renew _ -> lease.holder().equals(node);
      case Attempt.Release(_, var version) ->
          version.equals(lease.version()) && lease.holder().equals(node);
    };
  }

  private Outcome replace(Attempt attempt, JsonObject whole, SeenLease before, Instant now) {
    JsonObject spec = object(whole, "spec");
    String time = MICRO.format(now);
    spec.addProperty("renewTime", time);
    switch (attempt) {
      case Attempt.Take _ -> {
        take(spec, time);
        spec.addProperty("leaseTransitions", before.transitions() + 1);
      }
      case Attempt.Renew _ ->
          spec.addProperty("leaseDurationSeconds", times.leaseDuration().toSeconds());
      case Attempt.Release _ -> {
        spec.remove("holderIdentity");
        spec.addProperty("acquireTime", time);
        spec.addProperty("leaseDurationSeconds", 1);
        object(object(whole, "metadata"), "annotations")
            .addProperty(SeenLease.RELEASED, String.valueOf(before.transitions()));
      }
    }
    Optional<V1Lease> written = api.replaceJson(CoreTypes.LEASE, attempt.lease(), whole);
    return written
        .<Outcome>map(lease -> new Outcome.Wrote(SeenLease.of(lease)))
        .orElseGet(() -> new Outcome.Found(Optional.empty()));
  }

  private void take(JsonObject spec, String time) {
    spec.addProperty("holderIdentity", node);
    spec.addProperty("leaseDurationSeconds", times.leaseDuration().toSeconds());
    spec.addProperty("acquireTime", time);
  }

  private SeenLease create(ObjectKey key, Instant now) {
    JsonObject meta = new JsonObject();
    meta.addProperty("name", key.name());
    meta.addProperty("namespace", key.namespace());
    JsonObject spec = new JsonObject();
    String time = MICRO.format(now);
    take(spec, time);
    spec.addProperty("renewTime", time);
    spec.addProperty("leaseTransitions", 0);
    JsonObject document = new JsonObject();
    document.addProperty("apiVersion", CoreTypes.LEASE.apiVersion());
    document.addProperty("kind", CoreTypes.LEASE.kind());
    document.add("metadata", meta);
    document.add("spec", spec);
    return SeenLease.of(api.createJson(CoreTypes.LEASE, key.namespace(), document));
  }

  private static JsonObject object(JsonObject parent, String name) {
    if (parent.get(name) instanceof JsonObject found) {
      return found;
    }
    JsonObject made = new JsonObject();
    parent.add(name, made);
    return made;
  }
}
