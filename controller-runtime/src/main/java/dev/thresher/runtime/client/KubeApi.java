package dev.thresher.runtime.client;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.common.KubernetesObject;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// One API server, seen by a program.
///
/// Thread-safe; every method blocks for at most the call timeout (10 s unless configured) and is
/// meant for virtual threads. All methods throw [KubeApiException] when the server cannot be
/// reached or refuses; an object that does not exist is an empty result.
public interface KubeApi {

  /// What this server is to the program, for logs and metrics: `host`, `guest`.
  String name();

  <T extends KubernetesObject> Optional<T> get(ResourceType<T> type, ObjectKey key);

  /// The object as the server sent it, with fields that the model does not know.
  Optional<JsonObject> getJson(ResourceType<?> type, ObjectKey key);

  /// Makes an object of our own. The typed model writes empty lists too, which is harmless on
  /// create only.
  ///
  /// @throws KubeApiException with reason `ALREADY_EXISTS` when the name is taken
  <T extends KubernetesObject> T create(ResourceType<T> type, T object);

  /// Makes an object from exactly this document.
  <T extends KubernetesObject> T createJson(
      ResourceType<T> type, String namespace, JsonObject object);

  /// @return the object after the patch, empty if there is no such object (never for server-side
  ///   apply, which creates)
  <T extends KubernetesObject> Optional<T> patch(ResourceType<T> type, ObjectKey key, Patch patch);

  /// PUT of a whole document as it was read before and changed in place. It must carry the
  /// `resourceVersion` that was read.
  ///
  /// For roles that allow `update` but not `patch`. Never pass a serialised model: fields the model
  /// does not know would be lost.
  ///
  /// @return the object after the write, empty if it no longer exists
  <T extends KubernetesObject> Optional<T> replaceJson(
      ResourceType<T> type, ObjectKey key, JsonObject whole);

  /// @return true if the object existed and is being deleted, false if there was none
  /// @throws KubeApiException with reason `CONFLICT` when a precondition does not hold
  boolean delete(ResourceType<?> type, ObjectKey key, Precondition precondition);

  /// One page of a list, straight from the server.
  <T extends KubernetesObject> ListPage<T> list(ResourceType<T> type, ListQuery query);

  /// Any other request, for subresources and reviews: `path` starts with `/`.
  ///
  /// @return the body of the answer, empty for 404
  Optional<JsonObject> request(String method, String path, Optional<JsonObject> body);

  /// The same server, where every write first asks `mayWrite` and fails with reason `FENCED` if the
  /// answer is no.
  ///
  /// A leader's writes go through this, so that a deposed one changes nothing.
  KubeApi fenced(BooleanSupplier mayWrite);

  /// The same server for calls that must not wait behind others in the client-side rate limit:
  /// lease renewals.
  KubeApi urgent();
}
