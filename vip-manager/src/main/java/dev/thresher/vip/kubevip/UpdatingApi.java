package dev.thresher.vip.kubevip;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.client.ForwardingKubeApi;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.common.KubernetesObject;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// An API server for an account that may `update` and not `patch`, as kube-vip's: a merge patch
/// becomes a read of the whole document, a change in place, and a write with the version that was
/// read. What this program knows nothing of stays as it was.
public final class UpdatingApi extends ForwardingKubeApi {

  private static final int TRIES = 3;

  public UpdatingApi(KubeApi inner) {
    super(inner);
  }

  /// @throws KubeApiException with reason `CONFLICT` if the patch names another version than there
  ///   is, or others write all the time
  @Override
  public <T extends KubernetesObject> Optional<T> patch(
      ResourceType<T> type, ObjectKey key, Patch patch) {
    if (!(patch instanceof Patch.Merge merge)) {
      throw new IllegalArgumentException("only merge patches can become updates, got " + patch);
    }
    for (int attempt = 1; ; attempt++) {
      Optional<JsonObject> read = getJson(type, key);
      if (read.isEmpty()) {
        return Optional.empty();
      }
      requireVersion(type, key, merge.document(), read.get());
      JsonObject whole = merge.appliedTo(read.get());
      try {
        return merge.subresource().isEmpty()
            ? replaceJson(type, key, whole)
            : replace(type, key, whole, merge.subresource());
      } catch (KubeApiException e) {
        if (!e.is(Reason.CONFLICT) || attempt == TRIES || version(merge.document()).isPresent()) {
          throw e;
        }
      }
    }
  }

  private <T extends KubernetesObject> Optional<T> replace(
      ResourceType<T> type, ObjectKey key, JsonObject whole, String subresource) {
    Optional<JsonObject> written =
        request("PUT", type.path(key) + "/" + subresource, Optional.of(whole));
    return written.isEmpty() ? Optional.empty() : get(type, key);
  }

  private void requireVersion(
      ResourceType<?> type, ObjectKey key, JsonObject change, JsonObject whole) {
    Optional<String> wanted = version(change);
    if (wanted.isPresent() && !wanted.equals(version(whole))) {
      throw new KubeApiException(
          Reason.CONFLICT,
          409,
          "update " + type.resource() + " " + key + ": it is another version by now",
          Optional.empty(),
          null);
    }
  }

  private static Optional<String> version(JsonObject document) {
    return document.get("metadata") instanceof JsonObject meta
            && meta.get("resourceVersion") instanceof JsonPrimitive version
        ? Optional.of(version.getAsString())
        : Optional.empty();
  }

  @Override
  public KubeApi fenced(BooleanSupplier mayWrite) {
    return new UpdatingApi(inner().fenced(mayWrite));
  }

  @Override
  public KubeApi urgent() {
    return new UpdatingApi(inner().urgent());
  }
}
