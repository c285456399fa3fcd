package dev.thresher.runtime.client;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.common.KubernetesObject;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// An API server on which a write first asks for permission. Reading is always allowed.
public final class FencedKubeApi extends ForwardingKubeApi {

  private final BooleanSupplier mayWrite;

  public FencedKubeApi(KubeApi inner, BooleanSupplier mayWrite) {
    super(inner);
    this.mayWrite = mayWrite;
  }

  @Override
  public <T extends KubernetesObject> T create(ResourceType<T> type, T object) {
    check("create", type);
    return super.create(type, object);
  }

  @Override
  public <T extends KubernetesObject> T createJson(
      ResourceType<T> type, String namespace, JsonObject object) {
    check("create", type);
    return super.createJson(type, namespace, object);
  }

  @Override
  public <T extends KubernetesObject> Optional<T> patch(
      ResourceType<T> type, ObjectKey key, Patch patch) {
    check("patch", type);
    return super.patch(type, key, patch);
  }

  @Override
  public <T extends KubernetesObject> Optional<T> replaceJson(
      ResourceType<T> type, ObjectKey key, JsonObject whole) {
    check("update", type);
    return super.replaceJson(type, key, whole);
  }

  @Override
  public boolean delete(ResourceType<?> type, ObjectKey key, Precondition precondition) {
    check("delete", type);
    return super.delete(type, key, precondition);
  }

  @Override
  public Optional<JsonObject> request(String method, String path, Optional<JsonObject> body) {
    if (!method.equals("GET")) {
      check(method, path);
    }
    return super.request(method, path, body);
  }

  @Override
  public KubeApi fenced(BooleanSupplier also) {
    return new FencedKubeApi(inner(), () -> mayWrite.getAsBoolean() && also.getAsBoolean());
  }

  @Override
  public KubeApi urgent() {
    return new FencedKubeApi(inner().urgent(), mayWrite);
  }

  private void check(String verb, Object what) {
    if (!mayWrite.getAsBoolean()) {
      throw new KubeApiException(
          Reason.FENCED,
          0,
          verb + " " + what + ": not sent: this process does not lead (any more)",
          Optional.empty(),
          null);
    }
  }
}
