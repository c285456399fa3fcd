package dev.thresher.runtime.fake;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.json.LenientJson;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.common.KubernetesObject;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The objects of a cluster and the rules of the API server for them.
///
/// Thread-safe; listeners are called under the lock, in the order of the changes. Documents that go
/// in and out are copies. There are no controllers behind it: nothing collects garbage, gives
/// addresses or sets conditions.
public final class FakeStore {

  private record Id(FakeResource resource, ObjectKey key) {}

  /// A page of a list.
  record Page(List<JsonObject> items, long version, Optional<String> continueToken) {}

  private final InstantSource clock;
  private final Map<String, FakeResource> resources = new HashMap<>();
  private final Map<FakeResource, TreeMap<ObjectKey, JsonObject>> objects = new HashMap<>();
  private final Map<Id, FieldOwners> owners = new HashMap<>();
  private final FakeHistory history = new FakeHistory();
  private final Map<String, Page> continuations = new HashMap<>();
  private final List<Consumer<JsonObject>> admission = new ArrayList<>();
  private long uids;

  public FakeStore() {
    this(InstantSource.system());
  }

  /// @param clock for creation and deletion timestamps
  public FakeStore(InstantSource clock) {
    this.clock = clock;
    FakeResource.KNOWN.forEach(this::serve);
  }

  /// Adds a resource type. What the programs use is there already.
  public synchronized FakeStore serve(ResourceType<?> type) {
    FakeResource resource = FakeResource.of(type);
    resources.putIfAbsent(path(type.group(), type.version(), type.plural()), resource);
    return this;
  }

  /// Changes every object before it is made, as a server that fills in defaults does.
  public synchronized void onCreate(Consumer<JsonObject> change) {
    admission.add(change);
  }

  /// Puts an object as it is, status included, whether it exists or not. For setting the scene.
  public <T extends KubernetesObject> T put(ResourceType<T> type, T object) {
    return model(type, put(type, LenientJson.gson().toJsonTree(object).getAsJsonObject()));
  }

  /// The same for a document.
  public JsonObject put(ResourceType<?> type, JsonObject object) {
    return put(resource(type), object);
  }

  synchronized JsonObject put(FakeResource resource, JsonObject object) {
    JsonObject next = object.deepCopy();
    ObjectKey key = key(resource, next);
    JsonObject before = table(resource).get(key);
    JsonObject metadata = Json.child(next, "metadata");
    if (before == null) {
      identify(resource, key, next);
    } else {
      UpdateRules.keep(before, next);
      UpdateRules.name(resource, key, next);
    }
    if (before == null && Json.text(metadata, "generation").isEmpty()) {
      metadata.addProperty("generation", 1);
    }
    return commit(resource, key, before, next).deepCopy();
  }

  public <T extends KubernetesObject> Optional<T> get(ResourceType<T> type, ObjectKey key) {
    return getJson(type, key).map(json -> model(type, json));
  }

  public synchronized Optional<JsonObject> getJson(ResourceType<?> type, ObjectKey key) {
    return Optional.ofNullable(table(resource(type)).get(key)).map(JsonObject::deepCopy);
  }

  public <T extends KubernetesObject> List<T> list(ResourceType<T> type) {
    return list(resource(type), "", "", "", 0, Optional.empty()).items().stream()
        .map(json -> model(type, json))
        .toList();
  }

  /// Removes an object at once, finalizers or not.
  public synchronized void drop(ResourceType<?> type, ObjectKey key) {
    FakeResource resource = resource(type);
    JsonObject before = table(resource).get(key);
    if (before != null) {
      removed(resource, key, before);
    }
  }

  /// Forgets all versions but the newest: a watch from an older one, and a list that is continued,
  /// is refused with status 410.
  public synchronized void compact() {
    history.compact();
    continuations.clear();
  }

  /// The version of the newest change.
  public synchronized long version() {
    return history.version();
  }

  synchronized JsonObject get(FakeResource resource, ObjectKey key) {
    return existing(resource, key).deepCopy();
  }

  synchronized Page list(
      FakeResource resource,
      String namespace,
      String labels,
      String fields,
      int limit,
      Optional<String> continueToken) {
    Page all;
    if (continueToken.isPresent()) {
      Page rest = continuations.remove(continueToken.get());
      if (rest == null) {
        throw FakeFailure.gone("The provided continue parameter is too old");
      }
      all = rest;
    } else {
      var selector = Selector.labels(labels).and(Selector.fields(fields));
      all =
          new Page(
              table(resource).values().stream()
                  .filter(object -> inNamespace(object, namespace) && selector.test(object))
                  .map(JsonObject::deepCopy)
                  .toList(),
              history.version(),
              Optional.empty());
    }
    if (limit <= 0 || all.items().size() <= limit) {
      return all;
    }
    String token = "continue-" + ++uids;
    continuations.put(
        token,
        new Page(all.items().subList(limit, all.items().size()), all.version(), Optional.empty()));
    return new Page(all.items().subList(0, limit), all.version(), Optional.of(token));
  }

  synchronized JsonObject create(FakeResource resource, String namespace, JsonObject object) {
    JsonObject next = object.deepCopy();
    JsonObject metadata = Json.child(next, "metadata");
    if (resource.namespaced()) {
      String own = Json.text(metadata, "namespace");
      if (namespace.isEmpty() || (!own.isEmpty() && !own.equals(namespace))) {
        throw FakeFailure.badRequest(
            "the namespace of the object (\""
                + own
                + "\") is not that of the request (\""
                + namespace
                + "\")");
      }
      metadata.addProperty("namespace", namespace);
    }
    if (Json.text(metadata, "name").isEmpty()) {
      String prefix = Json.text(metadata, "generateName");
      if (prefix.isEmpty()) {
        throw FakeFailure.invalid(resource.resource(), "", "name or generateName is required");
      }
      metadata.addProperty("name", prefix + String.format("%05d", ++uids));
    }
    ObjectKey key = key(resource, next);
    if (table(resource).containsKey(key)) {
      throw new FakeFailure(
          409,
          "AlreadyExists",
          resource.resource() + " \"" + key.name() + "\" already exists",
          resource.resource(),
          key.name());
    }
    if (resource.statusSubresource()) {
      next.remove("status");
    }
    metadata.remove("deletionTimestamp");
    metadata.addProperty("generation", 1);
    metadata.remove("uid");
    metadata.remove("creationTimestamp");
    identify(resource, key, next);
    admission.forEach(change -> change.accept(next));
    return commit(resource, key, null, next).deepCopy();
  }

  synchronized JsonObject replace(
      FakeResource resource, ObjectKey key, String subresource, JsonObject whole) {
    return write(resource, key, subresource, current -> whole.deepCopy(), true);
  }

  synchronized JsonObject patch(FakeResource resource, ObjectKey key, Patch patch) {
    return switch (patch) {
      case Patch.Json json ->
          write(
              resource,
              key,
              json.subresource(),
              current -> JsonPatch.apply(current, json.document()),
              true);
      case Patch.Merge merge -> write(resource, key, merge.subresource(), merge::appliedTo, true);
      case Patch.Apply apply -> apply(resource, key, apply);
    };
  }

  /// @return the last state; it still exists if it has finalizers
  synchronized JsonObject delete(FakeResource resource, ObjectKey key, Precondition precondition) {
    JsonObject current = existing(resource, key);
    check(resource, key, "UID", precondition.uid(), Json.text(current, "metadata", "uid"));
    check(
        resource,
        key,
        "ResourceVersion",
        precondition.resourceVersion(),
        Json.text(current, "metadata", "resourceVersion"));
    if (Json.array(Json.child(current, "metadata"), "finalizers").isEmpty()) {
      return removed(resource, key, current);
    }
    if (!Json.text(current, "metadata", "deletionTimestamp").isEmpty()) {
      return current.deepCopy();
    }
    JsonObject next = current.deepCopy();
    JsonObject metadata = Json.child(next, "metadata");
    metadata.addProperty("deletionTimestamp", timestamp());
    metadata.addProperty("deletionGracePeriodSeconds", 0);
    return commit(resource, key, current, next).deepCopy();
  }

  /// @param from version after which changes are told
  /// @param listener hears of `type` and `object`
  synchronized FakeHistory.Watch watch(
      FakeResource resource,
      String namespace,
      String labels,
      String fields,
      long from,
      Consumer<JsonObject> listener) {
    FakeHistory.Watch watch =
        history.watch(
            resource,
            object ->
                inNamespace(object, namespace)
                    && Selector.labels(labels).and(Selector.fields(fields)).test(object),
            from,
            listener);
    return () -> {
      synchronized (this) {
        watch.end();
      }
    };
  }

  /// Tells every watcher the newest version.
  public synchronized void bookmark() {
    history.bookmark();
  }

  synchronized FakeResource resource(ResourceType<?> type) {
    return resources.computeIfAbsent(
        path(type.group(), type.version(), type.plural()), p -> FakeResource.of(type));
  }

  synchronized Optional<FakeResource> resource(String group, String apiVersion, String plural) {
    return Optional.ofNullable(resources.get(path(group, apiVersion, plural)));
  }

  synchronized List<FakeResource> resources() {
    return List.copyOf(resources.values());
  }

  static <T extends KubernetesObject> T model(ResourceType<T> type, JsonObject json) {
    return LenientJson.gson().fromJson(json, type.model());
  }

  private JsonObject apply(FakeResource resource, ObjectKey key, Patch.Apply apply) {
    JsonObject current = table(resource).get(key);
    if (current == null && !apply.subresource().isEmpty()) {
      throw FakeFailure.notFound(resource.resource(), key.name());
    }
    FieldOwners fields = owners.computeIfAbsent(new Id(resource, key), id -> new FieldOwners());
    JsonObject merged =
        fields.apply(
            current,
            apply.document(),
            apply.fieldManager(),
            apply.force(),
            resource.resource(),
            key.name());
    if (current == null) {
      Json.child(merged, "metadata").addProperty("name", key.name());
      return create(resource, key.namespace(), merged);
    }
    return write(resource, key, apply.subresource(), before -> merged, false);
  }

  private JsonObject write(
      FakeResource resource,
      ObjectKey key,
      String subresource,
      UnaryOperator<JsonObject> change,
      boolean takesOwnership) {
    boolean status = subresource.equals("status");
    if (!subresource.isEmpty() && !(status && resource.statusSubresource())) {
      throw FakeFailure.noSuchResource();
    }
    JsonObject current = existing(resource, key);
    JsonObject changed = change.apply(current.deepCopy());
    JsonObject next = UpdateRules.outcome(resource, key, current, changed, status);
    if (next.equals(current)) {
      return current.deepCopy();
    }
    if (takesOwnership) {
      owners.computeIfAbsent(new Id(resource, key), id -> new FieldOwners()).changed(current, next);
    }
    return UpdateRules.isLast(next)
        ? removed(resource, key, next)
        : commit(resource, key, current, next).deepCopy();
  }

  private void identify(FakeResource resource, ObjectKey key, JsonObject made) {
    UpdateRules.name(resource, key, made);
    JsonObject metadata = Json.child(made, "metadata");
    if (Json.text(metadata, "uid").isEmpty()) {
      metadata.addProperty("uid", String.format("00000000-0000-4000-8000-%012d", ++uids));
    }
    if (Json.text(metadata, "creationTimestamp").isEmpty()) {
      metadata.addProperty("creationTimestamp", timestamp());
    }
  }

  private JsonObject commit(
      FakeResource resource, ObjectKey key, @Nullable JsonObject before, JsonObject after) {
    table(resource).put(key, after);
    history.add(resource, before, after);
    return after;
  }

  private JsonObject removed(FakeResource resource, ObjectKey key, JsonObject last) {
    JsonObject tombstone = last.deepCopy();
    table(resource).remove(key);
    owners.remove(new Id(resource, key));
    history.add(resource, tombstone, null);
    return tombstone;
  }

  private static boolean inNamespace(JsonObject object, String namespace) {
    return namespace.isEmpty() || namespace.equals(Json.text(object, "metadata", "namespace"));
  }

  private JsonObject existing(FakeResource resource, ObjectKey key) {
    JsonObject found = table(resource).get(key);
    if (found == null) {
      throw FakeFailure.notFound(resource.resource(), key.name());
    }
    return found;
  }

  private static void check(
      FakeResource resource, ObjectKey key, String what, Optional<String> wanted, String found) {
    if (wanted.isPresent() && !wanted.get().equals(found)) {
      throw FakeFailure.conflict(
          resource.resource(),
          key.name(),
          "Precondition failed: "
              + what
              + " in precondition: "
              + wanted.get()
              + ", "
              + what
              + " in object meta: "
              + found);
    }
  }

  private Map<ObjectKey, JsonObject> table(FakeResource resource) {
    return objects.computeIfAbsent(resource, r -> new TreeMap<>());
  }

  private static ObjectKey key(FakeResource resource, JsonObject object) {
    return new ObjectKey(
        resource.namespaced() ? Json.text(object, "metadata", "namespace") : "",
        Json.text(object, "metadata", "name"));
  }

  private String timestamp() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String path(String group, String apiVersion, String plural) {
    return group + "/" + apiVersion + "/" + plural;
  }
}
