package dev.thresher.loadbalancer.reconcile;

import static java.util.Objects.requireNonNull;

import com.google.common.hash.Hashing;
import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.api.net.AddressClaimSpec;
import dev.thresher.api.net.ClaimName;
import dev.thresher.api.net.ClaimOwner;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Placement;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A claim as an object of the API, and back.
final class ClaimDocument {

  private static final int MAX_LABEL_VALUE = 63;

  private ClaimDocument() {}

  /// The name of an address' claim object.
  static ObjectKey name(ClaimKey key) {
    return ObjectKey.cluster(ClaimName.of(key.network(), key.address()));
  }

  /// A new claim object.
  ///
  /// @param subnet prefix length and gateway of the address
  static AddressClaim of(
      ClaimKey key, String pool, Subnet subnet, Wish wish, boolean wanted, Instant now) {
    var owner =
        new ClaimOwner()
            .namespace(wish.owner().namespace())
            .name(wish.owner().name())
            .uid(wish.uid())
            .cluster(absentIfEmpty(wish.cluster()))
            .serviceNamespace(absentIfEmpty(wish.serviceNamespace()))
            .serviceName(absentIfEmpty(wish.serviceName()));
    var spec =
        new AddressClaimSpec()
            .address(key.address().toString())
            .family(key.address().family().text())
            .layer2Domain(absentIfEmpty(key.network()))
            .pool(pool)
            .prefixLength(subnet.prefixLength())
            .gateway(subnet.gateway() == null ? null : subnet.gateway().toString())
            .owner(owner)
            .placement(wish.placement().text())
            .wanted(wanted ? true : null)
            .shareGroup(absentIfEmpty(wish.shareGroup()))
            .allocatedAt(OffsetDateTime.ofInstant(now, ZoneOffset.UTC));
    var metadata = new V1ObjectMeta().name(name(key).name()).labels(labels(pool, wish));
    if (!wish.serviceUid().isEmpty()) {
      metadata.putAnnotationsItem(ThresherNames.SERVICE_UID, wish.serviceUid());
    }
    return new AddressClaim().metadata(metadata).spec(spec);
  }

  /// Prefix length and gateway of an address.
  record Subnet(int prefixLength, @Nullable IpAddress gateway) {}

  /// The claim that an object stands for; empty if the object makes no sense, which the schema
  /// prevents.
  static Optional<Claim> read(AddressClaim object) {
    AddressClaimSpec spec = object.getSpec();
    if (spec == null || spec.getAddress() == null || spec.getOwner() == null) {
      return Optional.empty();
    }
    Optional<IpAddress> address = IpAddress.tryParse(spec.getAddress());
    ClaimOwner owner = spec.getOwner();
    if (address.isEmpty() || isEmpty(owner.getNamespace()) || isEmpty(owner.getName())) {
      return Optional.empty();
    }
    OffsetDateTime released =
        object.getStatus() == null ? null : object.getStatus().getReleasedAt();
    return Optional.of(
        new Claim(
            text(object.getMetadata().getUid()),
            text(object.getMetadata().getResourceVersion()),
            new ClaimKey(text(spec.getLayer2Domain()), address.get()),
            text(spec.getPool()),
            new Owner(requireNonNull(owner.getNamespace()), requireNonNull(owner.getName())),
            text(owner.getUid()),
            text(owner.getCluster()),
            Placement.tryParse(text(spec.getPlacement())).orElse(Placement.GUEST),
            spec.getPrefixLength() == null ? address.get().family().bits() : spec.getPrefixLength(),
            IpAddress.tryParse(text(spec.getGateway())).orElse(null),
            Boolean.TRUE.equals(spec.getWanted()),
            spec.getAllocatedAt() == null ? Instant.EPOCH : spec.getAllocatedAt().toInstant(),
            released == null ? null : released.toInstant(),
            text(spec.getShareGroup())));
  }

  /// What changes in the document when the owner was made again, maybe in another group.
  static JsonObject usedBy(Wish wish) {
    JsonObject owner = new JsonObject();
    owner.addProperty("uid", wish.uid());
    JsonObject spec = new JsonObject();
    spec.add("owner", owner);
    spec.addProperty("shareGroup", absentIfEmpty(wish.shareGroup()));
    return Patches.nest(spec, "spec");
  }

  /// What changes in the document when another load balancer of the group is the owner.
  static JsonObject ownedBy(Wish wish) {
    JsonObject owner = new JsonObject();
    owner.addProperty("name", wish.owner().name());
    owner.addProperty("uid", wish.uid());
    JsonObject document = Patches.nest(owner, "spec", "owner");
    JsonObject labels = new JsonObject();
    labels.addProperty(ThresherNames.OWNER, hash(wish.owner().toString()));
    document.add("metadata", Patches.nest(labels, "labels"));
    return document;
  }

  /// What changes in the document when somebody else is given the address: all but what the name is
  /// made of, and the pool.
  static JsonObject givenTo(Wish wish, Subnet subnet, boolean wanted, Instant now) {
    JsonObject document = ownedBy(wish);
    JsonObject spec = document.getAsJsonObject("spec");
    JsonObject owner = spec.getAsJsonObject("owner");
    owner.addProperty("namespace", wish.owner().namespace());
    owner.addProperty("cluster", absentIfEmpty(wish.cluster()));
    owner.addProperty("serviceNamespace", absentIfEmpty(wish.serviceNamespace()));
    owner.addProperty("serviceName", absentIfEmpty(wish.serviceName()));
    spec.addProperty("prefixLength", subnet.prefixLength());
    spec.addProperty("gateway", subnet.gateway() == null ? null : subnet.gateway().toString());
    spec.addProperty("placement", wish.placement().text());
    spec.addProperty("wanted", wanted ? true : null);
    spec.addProperty("shareGroup", absentIfEmpty(wish.shareGroup()));
    spec.addProperty("allocatedAt", now.toString());
    JsonObject annotations = new JsonObject();
    annotations.addProperty(ThresherNames.SERVICE_UID, absentIfEmpty(wish.serviceUid()));
    document.getAsJsonObject("metadata").add("annotations", annotations);
    return document;
  }

  private static Map<String, String> labels(String pool, Wish wish) {
    var labels = new LinkedHashMap<String, String>();
    labels.put(
        ThresherNames.POOL, pool.length() <= MAX_LABEL_VALUE ? pool : "sha256-" + hash(pool));
    labels.put(ThresherNames.OWNER, hash(wish.owner().toString()));
    return labels;
  }

  /// 128 bits in 32 characters: a value that fits a label whatever the names are.
  private static String hash(String text) {
    return Hashing.sha256().hashString(text, StandardCharsets.UTF_8).toString().substring(0, 32);
  }

  private static @Nullable String absentIfEmpty(String text) {
    return text.isEmpty() ? null : text;
  }

  private static boolean isEmpty(@Nullable String text) {
    return text == null || text.isEmpty();
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
