package dev.thresher.runtime.leader;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
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
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// An API server with one lease, that allows what the leanest role allows: get, create, update.
///
/// It can fail before or after it has done what was asked.
final class LeaseServer implements KubeApi {

  enum Fault {
    NONE,
    /// The request does not arrive.
    BEFORE,
    /// The answer does not arrive.
    AFTER
  }

  private @Nullable JsonObject lease;
  private long version = 100;
  private UnaryOperator<Fault> faults = f -> f;
  private final List<String> calls = new ArrayList<>();

  synchronized void fail(Fault fault) {
    faults = _ -> fault;
  }

  synchronized void failWith(UnaryOperator<Fault> next) {
    faults = next;
  }

  synchronized Optional<LeaseDocument> lease() {
    return Optional.ofNullable(lease).map(json -> new LeaseDocument(json.deepCopy()));
  }

  synchronized String holder() {
    return lease().flatMap(LeaseDocument::holder).orElse("");
  }

  synchronized List<String> calls() {
    return List.copyOf(calls);
  }

  /// Somebody else's write.
  synchronized void put(String json) {
    lease = JsonParser.parseString(json).getAsJsonObject();
    stamp();
  }

  synchronized void edit(Consumer<JsonObject> change) {
    change.accept(Objects.requireNonNull(lease));
    stamp();
  }

  synchronized void remove() {
    lease = null;
  }

  private void stamp() {
    Objects.requireNonNull(lease)
        .getAsJsonObject("metadata")
        .addProperty("resourceVersion", String.valueOf(++version));
  }

  private void before(String call, Fault fault) {
    calls.add(call);
    if (fault == Fault.BEFORE) {
      throw unreachable();
    }
  }

  private static void after(Fault fault) {
    if (fault == Fault.AFTER) {
      throw unreachable();
    }
  }

  private static KubeApiException unreachable() {
    return refused(Reason.UNREACHABLE, 0, "connection refused");
  }

  private static KubeApiException refused(Reason reason, int status, String message) {
    return new KubeApiException(reason, status, message, Optional.empty(), null);
  }

  @Override
  public synchronized Optional<JsonObject> getJson(ResourceType<?> type, ObjectKey key) {
    Fault fault = faults.apply(Fault.NONE);
    before("get", fault);
    after(fault);
    return Optional.ofNullable(lease).map(JsonObject::deepCopy);
  }

  @Override
  public synchronized <T extends KubernetesObject> T createJson(
      ResourceType<T> type, String namespace, JsonObject object) {
    Fault fault = faults.apply(Fault.NONE);
    before("create", fault);
    if (lease != null) {
      throw refused(Reason.ALREADY_EXISTS, 409, "leases \"ccm\" already exists");
    }
    lease = object.deepCopy();
    stamp();
    after(fault);
    return type.model().cast(answer());
  }

  @Override
  public synchronized <T extends KubernetesObject> Optional<T> replaceJson(
      ResourceType<T> type, ObjectKey key, JsonObject whole) {
    Fault fault = faults.apply(Fault.NONE);
    before("replace", fault);
    if (lease == null) {
      return Optional.empty();
    }
    if (!new LeaseDocument(whole)
        .resourceVersion()
        .equals(new LeaseDocument(lease).resourceVersion())) {
      throw refused(Reason.CONFLICT, 409, "the object has been modified");
    }
    lease = whole.deepCopy();
    stamp();
    after(fault);
    return Optional.of(type.model().cast(answer()));
  }

  private V1Lease answer() {
    return new V1Lease()
        .metadata(
            new V1ObjectMeta()
                .name("ccm")
                .resourceVersion(
                    new LeaseDocument(Objects.requireNonNull(lease)).resourceVersion()));
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public KubeApi urgent() {
    return this;
  }

  @Override
  public <T extends KubernetesObject> Optional<T> get(ResourceType<T> type, ObjectKey key) {
    throw new UnsupportedOperationException("get");
  }

  @Override
  public <T extends KubernetesObject> T create(ResourceType<T> type, T object) {
    throw new UnsupportedOperationException("create");
  }

  @Override
  public <T extends KubernetesObject> Optional<T> patch(
      ResourceType<T> type, ObjectKey key, Patch patch) {
    throw new UnsupportedOperationException("the role allows no patch");
  }

  @Override
  public boolean delete(ResourceType<?> type, ObjectKey key, Precondition precondition) {
    throw new UnsupportedOperationException("the role allows no delete");
  }

  @Override
  public <T extends KubernetesObject> ListPage<T> list(ResourceType<T> type, ListQuery query) {
    throw new UnsupportedOperationException("the role allows no list");
  }

  @Override
  public Optional<JsonObject> request(String method, String path, Optional<JsonObject> body) {
    throw new UnsupportedOperationException("request");
  }

  @Override
  public KubeApi fenced(BooleanSupplier mayWrite) {
    throw new UnsupportedOperationException("fenced");
  }
}
