package dev.thresher.runtime.fake;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.json.LenientJson;
import dev.thresher.runtime.client.FencedKubeApi;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.ListPage;
import dev.thresher.runtime.client.ListQuery;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.client.WatchApi.RawPage;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.common.KubernetesObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The API of a [FakeStore], called directly: no network, no waiting, no threads.
///
/// Every call is noted, and a fault can be put before it.
public final class FakeKubeApi implements KubeApi {

  /// Answers a request that is about no object, such as an access review.
  public interface Requests {
    Optional<JsonObject> answer(String method, String path, Optional<JsonObject> body);
  }

  private final String name;
  private final FakeStore store;
  private final List<FakeCall> calls = new CopyOnWriteArrayList<>();
  private volatile Function<FakeCall, Optional<KubeApiException>> fault = call -> Optional.empty();
  private volatile Requests requests =
      (method, path, body) -> {
        throw new IllegalStateException(
            method + " " + path + " is not answered: tell FakeKubeApi.answerRequests how");
      };

  public FakeKubeApi(String name, FakeStore store) {
    this.name = name;
    this.store = store;
  }

  public FakeKubeApi(FakeStore store) {
    this("fake", store);
  }

  public FakeStore store() {
    return store;
  }

  /// All calls so far, refused ones too.
  public List<FakeCall> calls() {
    return List.copyOf(calls);
  }

  /// The calls that would change something.
  public List<FakeCall> writes() {
    return calls.stream().filter(FakeCall::isWrite).toList();
  }

  public void forgetCalls() {
    calls.clear();
  }

  /// Asks before each call whether it shall fail. Replaces what was set before.
  public void fault(Function<FakeCall, Optional<KubeApiException>> decide) {
    fault = decide;
  }

  /// Every call from now on fails with this reason, as when the server is away.
  public void failAll(Reason reason) {
    fault(call -> Optional.of(exception(reason, call.toString())));
  }

  /// The next call with this verb on this resource type fails, later ones do not.
  public void failNext(String verb, ResourceType<?> type, Reason reason) {
    var once = new AtomicBoolean(true);
    fault(call ->
        call.verb().equals(verb) && call.resource().equals(type.resource()) && once.getAndSet(false)
            ? Optional.of(exception(reason, call.toString()))
            : Optional.empty());
  }

  public void noFaults() {
    fault(call -> Optional.empty());
  }

  public void answerRequests(Requests answers) {
    requests = answers;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public <T extends KubernetesObject> Optional<T> get(ResourceType<T> type, ObjectKey key) {
    return getJson(type, key).map(json -> FakeStore.model(type, json));
  }

  @Override
  public Optional<JsonObject> getJson(ResourceType<?> type, ObjectKey key) {
    checkKey(type, key);
    return found(
        new FakeCall("get", type.resource(), key, ""),
        false,
        () -> store.get(store.resource(type), key));
  }

  @Override
  public <T extends KubernetesObject> T create(ResourceType<T> type, T object) {
    String namespace = object.getMetadata().getNamespace();
    return createJson(
        type,
        namespace == null ? "" : namespace,
        LenientJson.gson().toJsonTree(object).getAsJsonObject());
  }

  @Override
  public <T extends KubernetesObject> T createJson(
      ResourceType<T> type, String namespace, JsonObject object) {
    String objectName = Json.text(object, "metadata", "name");
    ObjectKey key = new ObjectKey(namespace, objectName.isEmpty() ? "*" : objectName);
    JsonObject created =
        run(
            new FakeCall("create", type.resource(), key, ""),
            false,
            () -> store.create(store.resource(type), namespace, object));
    return FakeStore.model(type, created);
  }

  @Override
  public <T extends KubernetesObject> Optional<T> patch(
      ResourceType<T> type, ObjectKey key, Patch patch) {
    checkKey(type, key);
    return found(
            new FakeCall("patch", type.resource(), key, patch.subresource()),
            patch instanceof Patch.Json,
            () -> store.patch(store.resource(type), key, patch))
        .map(json -> FakeStore.model(type, json));
  }

  @Override
  public <T extends KubernetesObject> Optional<T> replaceJson(
      ResourceType<T> type, ObjectKey key, JsonObject whole) {
    checkKey(type, key);
    if (Json.text(whole, "metadata", "resourceVersion").isEmpty()) {
      throw new IllegalArgumentException(
          "replacing " + type + " " + key + " needs metadata.resourceVersion as it was read");
    }
    return found(
            new FakeCall("update", type.resource(), key, ""),
            false,
            () -> store.replace(store.resource(type), key, "", whole))
        .map(json -> FakeStore.model(type, json));
  }

  @Override
  public boolean delete(ResourceType<?> type, ObjectKey key, Precondition precondition) {
    checkKey(type, key);
    return found(
            new FakeCall("delete", type.resource(), key, ""),
            false,
            () -> store.delete(store.resource(type), key, precondition))
        .isPresent();
  }

  @Override
  public <T extends KubernetesObject> ListPage<T> list(ResourceType<T> type, ListQuery query) {
    List<T> items = new ArrayList<>();
    RawPage page = listRaw(type, query, json -> items.add(FakeStore.model(type, json)));
    return new ListPage<>(items, page.resourceVersion(), page.continueToken());
  }

  /// The same for documents, as [dev.thresher.runtime.client.WatchApi] has it.
  public RawPage listRaw(ResourceType<?> type, ListQuery query, Consumer<JsonObject> item) {
    FakeStore.Page page =
        run(
            new FakeCall("list", type.resource(), new ObjectKey(query.namespace(), "*"), ""),
            false,
            () ->
                store.list(
                    store.resource(type),
                    query.namespace(),
                    query.labelSelector(),
                    query.fieldSelector(),
                    query.limit(),
                    query.continueToken()));
    page.items().forEach(item);
    return new RawPage(Long.toString(page.version()), page.continueToken());
  }

  @Override
  public Optional<JsonObject> request(String method, String path, Optional<JsonObject> body) {
    return run(
        new FakeCall(method, path, ObjectKey.cluster("*"), ""),
        false,
        () -> requests.answer(method, path, body));
  }

  @Override
  public KubeApi fenced(BooleanSupplier mayWrite) {
    return new FencedKubeApi(this, mayWrite);
  }

  @Override
  public KubeApi urgent() {
    return this;
  }

  /// What a program gets for this reason.
  public static KubeApiException exception(Reason reason, String message) {
    int status =
        switch (reason) {
          case CONFLICT, ALREADY_EXISTS -> 409;
          case INVALID -> 422;
          case UNAUTHORIZED -> 401;
          case FORBIDDEN -> 403;
          case NOT_FOUND -> 404;
          case GONE -> 410;
          case THROTTLED -> 429;
          case SERVER_ERROR -> 500;
          case UNREACHABLE, FENCED -> 0;
        };
    return new KubeApiException(reason, status, message, Optional.empty(), null);
  }

  private static void checkKey(ResourceType<?> type, ObjectKey key) {
    // The same complaint as with a real server: a namespaced key for a cluster-scoped type.
    type.path(key);
  }

  private Optional<JsonObject> found(
      FakeCall call, boolean jsonPatch, Supplier<JsonObject> action) {
    try {
      return Optional.of(run(call, jsonPatch, action));
    } catch (KubeApiException e) {
      if (e.is(Reason.NOT_FOUND)
          && e.getCause() instanceof FakeFailure failure
          && failure.isAboutAnObject()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private <R> R run(FakeCall call, boolean jsonPatch, Supplier<R> action) {
    calls.add(call);
    @Nullable KubeApiException failure = fault.apply(call).orElse(null);
    if (failure != null) {
      throw failure;
    }
    try {
      return action.get();
    } catch (FakeFailure e) {
      throw new KubeApiException(
          reason(e, jsonPatch), e.code(), call + ": " + e.getMessage(), Optional.empty(), e);
    }
  }

  private static Reason reason(FakeFailure failure, boolean jsonPatch) {
    return switch (failure.code()) {
      case 404 -> Reason.NOT_FOUND;
      case 409 ->
          failure.reason().equals("AlreadyExists") ? Reason.ALREADY_EXISTS : Reason.CONFLICT;
      case 410 -> Reason.GONE;
      case 422 -> jsonPatch && !failure.isAboutAnObject() ? Reason.CONFLICT : Reason.INVALID;
      default -> failure.code() >= 500 ? Reason.SERVER_ERROR : Reason.INVALID;
    };
  }
}
