package dev.thresher.vip.kubevip;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.ListPage;
import dev.thresher.runtime.client.ListQuery;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.common.KubernetesObject;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// An API server for an account that may `update` and not `patch`, as kube-vip's: a merge patch
/// becomes a read of the whole document, a change in place, and a write with the version that was
/// read. What this program knows nothing of stays as it was.
public final class UpdatingApi implements KubeApi {

  private static final int TRIES = 3;

  private final KubeApi inner;

  public UpdatingApi(KubeApi inner) {
    this.inner = inner;
  }

  /// @throws KubeApiException with reason `CONFLICT` if the patch names another version than there
  ///   is, or others write all the time
  @Override
  public <T extends KubernetesObject> Optional<T> patch(
      ResourceType<T> type, ObjectKey key, Patch patch) {
    if (!(patch instanceof Patch.Merge(var change, var subresource))) {
      throw new IllegalArgumentException("only merge patches can become updates, got " + patch);
    }
    for (int attempt = 1; ; attempt++) {
      Optional<JsonObject> read = inner.getJson(type, key);
      if (read.isEmpty()) {
        return Optional.empty();
      }
      JsonObject whole = read.get();
      requireVersion(type, key, change, whole);
      merge(whole, change);
      try {
        return subresource.isEmpty()
            ? inner.replaceJson(type, key, whole)
            : replace(type, key, whole, subresource);
      } catch (KubeApiException e) {
        if (!e.is(Reason.CONFLICT) || attempt == TRIES || version(change).isPresent()) {
          throw e;
        }
      }
    }
  }

  private <T extends KubernetesObject> Optional<T> replace(
      ResourceType<T> type, ObjectKey key, JsonObject whole, String subresource) {
    Optional<JsonObject> written =
        inner.request("PUT", type.path(key) + "/" + subresource, Optional.of(whole));
    return written.isEmpty() ? Optional.empty() : inner.get(type, key);
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

  /// RFC 7386, in place.
  static void merge(JsonObject target, JsonObject change) {
    for (Map.Entry<String, JsonElement> entry : change.entrySet()) {
      String name = entry.getKey();
      if (entry.getValue().isJsonNull()) {
        target.remove(name);
      } else if (entry.getValue() instanceof JsonObject inner) {
        JsonObject below = target.get(name) instanceof JsonObject there ? there : new JsonObject();
        merge(below, inner);
        target.add(name, below);
      } else {
        target.add(name, entry.getValue().deepCopy());
      }
    }
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public <T extends KubernetesObject> Optional<T> get(ResourceType<T> type, ObjectKey key) {
    return inner.get(type, key);
  }

  @Override
  public Optional<JsonObject> getJson(ResourceType<?> type, ObjectKey key) {
    return inner.getJson(type, key);
  }

  @Override
  public <T extends KubernetesObject> T create(ResourceType<T> type, T object) {
    return inner.create(type, object);
  }

  @Override
  public <T extends KubernetesObject> T createJson(
      ResourceType<T> type, String namespace, JsonObject object) {
    return inner.createJson(type, namespace, object);
  }

  @Override
  public <T extends KubernetesObject> Optional<T> replaceJson(
      ResourceType<T> type, ObjectKey key, JsonObject whole) {
    return inner.replaceJson(type, key, whole);
  }

  @Override
  public boolean delete(ResourceType<?> type, ObjectKey key, Precondition precondition) {
    return inner.delete(type, key, precondition);
  }

  @Override
  public <T extends KubernetesObject> ListPage<T> list(ResourceType<T> type, ListQuery query) {
    return inner.list(type, query);
  }

  @Override
  public Optional<JsonObject> request(String method, String path, Optional<JsonObject> body) {
    return inner.request(method, path, body);
  }

  @Override
  public KubeApi fenced(BooleanSupplier mayWrite) {
    return new UpdatingApi(inner.fenced(mayWrite));
  }

  @Override
  public KubeApi urgent() {
    return new UpdatingApi(inner.urgent());
  }
}
