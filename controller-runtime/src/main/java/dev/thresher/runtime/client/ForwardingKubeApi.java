package dev.thresher.runtime.client;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.common.KubernetesObject;
import java.util.Optional;

/// An API server that hands every call on to another one, for those that change what some calls do.
/// Whether a fenced or an urgent one does the same is for each of them to say.
public abstract class ForwardingKubeApi implements KubeApi {

  private final KubeApi inner;

  /// @param inner gets the calls
  protected ForwardingKubeApi(KubeApi inner) {
    this.inner = inner;
  }

  protected final KubeApi inner() {
    return inner;
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
  public <T extends KubernetesObject> Optional<T> patch(
      ResourceType<T> type, ObjectKey key, Patch patch) {
    return inner.patch(type, key, patch);
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
}
