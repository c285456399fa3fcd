package dev.thresher.loadbalancer.reconcile;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.address.IpSubnet;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerStatus;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.reconcile.Backends.Backend;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/// What a load balancer's status must say, and what of the present one is wrong.
///
/// Only fields that this program writes are named. With placement `guest`, `status.address` is the
/// ccm's: it says what is answered in the guest.
final class StatusDocument {

  static final String READY = "Ready";

  private static final List<String> ALLOCATED_FIELDS =
      List.of("ipPool", "ip", "mask", "gateway", "ipv6Pool", "ipv6IP", "ipv6Mask", "ipv6Gateway");

  private final JsonObject fields = new JsonObject();
  private final Map<String, Optional<Said>> others = new TreeMap<>();

  /// The condition `Ready`.
  ///
  /// @param reason one word
  /// @param message the cause and what to do, for a person
  record Ready(boolean status, String reason, String message) {}

  /// A condition besides `Ready`.
  record Said(String type, boolean status, String reason, String message) {}

  /// Says a condition besides `Ready`.
  StatusDocument condition(Said said) {
    others.put(said.type(), Optional.of(said));
    return this;
  }

  /// Takes back a condition besides `Ready`.
  StatusDocument noCondition(String type) {
    others.put(type, Optional.empty());
    return this;
  }

  /// What is reserved.
  StatusDocument allocated(List<Claim> claims) {
    JsonObject allocated = new JsonObject();
    ALLOCATED_FIELDS.forEach(field -> allocated.add(field, JsonNull.INSTANCE));
    if (claims.size() == 2) {
      // Old readers know one address only; of two it is the IPv4 one.
      for (Claim claim : claims) {
        boolean four = claim.family() == IpFamily.IPV4;
        put(
            allocated,
            claim,
            four ? ALLOCATED_FIELDS.subList(0, 4) : ALLOCATED_FIELDS.subList(4, 8));
      }
    } else {
      put(allocated, claims.get(0), ALLOCATED_FIELDS.subList(0, 4));
    }
    fields.add("allocatedAddress", allocated);
    return this;
  }

  /// A DHCP server is to be asked.
  StatusDocument dhcp() {
    JsonObject allocated = new JsonObject();
    ALLOCATED_FIELDS.forEach(field -> allocated.add(field, JsonNull.INSTANCE));
    allocated.addProperty("ip", HarvesterNames.DHCP_ADDRESS_V4);
    fields.add("allocatedAddress", allocated);
    return this;
  }

  /// All addresses: those allocated with placement `guest`, those announced with `host`.
  StatusDocument addresses(List<IpAddress> addresses) {
    fields.add("addresses", HostObject.array(addresses.stream().map(IpAddress::toString).toList()));
    return this;
  }

  /// The address that is answered, empty for none.
  StatusDocument address(Optional<IpAddress> address) {
    fields.addProperty("address", address.map(IpAddress::toString).orElse(""));
    return this;
  }

  /// Who is behind the addresses.
  ///
  /// @param seen the object whose status is to be written: what it says of a back end that has not
  ///   changed since keeps its time
  StatusDocument backends(List<Backend> backends, LoadBalancer seen, Instant now) {
    var entries = new BackendEntries(seen, now);
    JsonArray all = new JsonArray();
    var servers = new ArrayList<String>();
    for (Backend backend : backends) {
      List<IpAddress> addresses = backend.addresses().values().stream().sorted().toList();
      if (!backend.state().leaves()) {
        addresses.stream().findFirst().map(IpAddress::toString).ifPresent(servers::add);
      }
      if (addresses.isEmpty()) {
        all.add(entries.of(backend));
      }
      addresses.forEach(address -> all.add(entries.of(backend, address)));
    }
    fields.add("backendServers", HostObject.array(servers));
    fields.add("backends", all);
    return this;
  }

  /// What makes the status of this object right, with the condition and with our finalizer; empty
  /// if it is. It carries the version that was seen, since the status has no subresource and others
  /// write it too.
  Optional<Patch> repair(LoadBalancer seen, Ready ready, Instant now) {
    LoadBalancerStatus status =
        Objects.requireNonNullElse(seen.getStatus(), new LoadBalancerStatus());
    JsonObject said = LenientJson.gson().toJsonTree(status).getAsJsonObject();
    JsonObject changes = new JsonObject();
    fields.entrySet().stream()
        .filter(field -> !same(field.getValue(), said.get(field.getKey())))
        .forEach(field -> changes.add(field.getKey(), field.getValue()));
    conditions(status.getConditions(), ready, now, !changes.isEmpty())
        .ifPresent(conditions -> changes.add("conditions", conditions));
    Optional<JsonArray> finalizers = Patches.finalizersWith(seen, HarvesterNames.LB_FINALIZER);
    if (changes.isEmpty() && finalizers.isEmpty()) {
      return Optional.empty();
    }
    JsonObject document = new JsonObject();
    finalizers.ifPresent(all -> document.add("metadata", Patches.nest(all, "finalizers")));
    if (!changes.isEmpty()) {
      document.add("status", changes);
    }
    return Optional.of(Patches.merge(seen, document));
  }

  /// The condition as the object has it.
  static Optional<Condition> condition(LoadBalancer seen) {
    return condition(seen, READY);
  }

  /// A condition as the object has it.
  static Optional<Condition> condition(LoadBalancer seen, String type) {
    return seen.getStatus() == null
        ? Optional.empty()
        : find(seen.getStatus().getConditions(), type);
  }

  private Optional<JsonArray> conditions(
      List<Condition> said, Ready ready, Instant now, boolean anythingElse) {
    var wanted = new ArrayList<Said>();
    wanted.add(new Said(READY, ready.status(), ready.reason(), ready.message()));
    others.values().forEach(other -> other.ifPresent(wanted::add));
    boolean same =
        wanted.stream()
                .allMatch(one -> find(said, one.type()).filter(c -> isSo(c, one)).isPresent())
            && others.entrySet().stream()
                .filter(other -> other.getValue().isEmpty())
                .noneMatch(other -> find(said, other.getKey()).isPresent());
    if (same && !anythingElse) {
      return Optional.empty();
    }
    JsonArray conditions = new JsonArray();
    said.stream()
        .filter(other -> !READY.equals(other.getType()) && !others.containsKey(other.getType()))
        .forEach(other -> conditions.add(LenientJson.gson().toJsonTree(other)));
    wanted.forEach(one -> conditions.add(condition(one, find(said, one.type()), now)));
    return Optional.of(conditions);
  }

  private static Optional<Condition> find(List<Condition> said, String type) {
    return said.stream().filter(condition -> type.equals(condition.getType())).findFirst();
  }

  private static boolean isSo(Condition condition, Said said) {
    return word(said.status()).equals(condition.getStatus())
        && said.reason().equals(Objects.requireNonNullElse(condition.getReason(), ""))
        && said.message().equals(Objects.requireNonNullElse(condition.getMessage(), ""));
  }

  private static JsonObject condition(Said said, Optional<Condition> before, Instant now) {
    String status = word(said.status());
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    JsonObject condition = new JsonObject();
    condition.addProperty("type", said.type());
    condition.addProperty("status", status);
    condition.addProperty("reason", said.reason());
    condition.addProperty("message", said.message());
    condition.addProperty("lastUpdateTime", time);
    condition.addProperty(
        "lastTransitionTime",
        before
            .filter(c -> status.equals(c.getStatus()))
            .map(Condition::getLastTransitionTime)
            .orElse(time));
    return condition;
  }

  private static String word(boolean status) {
    return status ? "True" : "False";
  }

  private static void put(JsonObject allocated, Claim claim, List<String> names) {
    var subnet = new IpSubnet(claim.address(), claim.prefixLength());
    allocated.addProperty(names.get(0), claim.pool());
    allocated.addProperty(names.get(1), claim.address().toString());
    allocated.addProperty(names.get(2), subnet.mask().toString());
    allocated.addProperty(names.get(3), claim.gateway() == null ? "" : claim.gateway().toString());
  }

  /// Equal but for what is absent, null, or empty.
  private static boolean same(JsonElement wanted, JsonElement said) {
    return normal(wanted).equals(normal(said));
  }

  private static JsonElement normal(JsonElement element) {
    if (element == null || element.isJsonNull()) {
      return JsonNull.INSTANCE;
    }
    if (element.isJsonArray()) {
      return element.getAsJsonArray().isEmpty() ? JsonNull.INSTANCE : element;
    }
    if (element.isJsonPrimitive()) {
      boolean empty = element.getAsJsonPrimitive().isString() && element.getAsString().isEmpty();
      return empty ? JsonNull.INSTANCE : element;
    }
    JsonObject object = new JsonObject();
    for (Map.Entry<String, JsonElement> field : element.getAsJsonObject().entrySet()) {
      JsonElement value = normal(field.getValue());
      if (!value.isJsonNull()) {
        object.add(field.getKey(), value);
      }
    }
    return object.isEmpty() ? JsonNull.INSTANCE : object;
  }
}
