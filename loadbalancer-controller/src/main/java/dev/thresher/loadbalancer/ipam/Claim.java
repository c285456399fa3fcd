package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One address that is given away.
///
/// @param uid identity of the claim object
/// @param version the state of the claim object that was seen, for writes that must not hit a newer
///   one
/// @param key domain and address
/// @param pool the pool it is from, which may be gone
/// @param owner who has it
/// @param ownerUid the owner's UID when the claim was made or taken over
/// @param cluster guest cluster that the owner is of, empty for none
/// @param placement where the address is held, fixed with the claim
/// @param prefixLength of the subnet
/// @param gateway of the subnet, null if it has none
/// @param wanted the user asked for this very address
/// @param allocatedAt when it was given; the order in which a pool's addresses were given
/// @param releasedAt when the owner was found gone, null while it is in use
/// @param shareGroup group of load balancers of the owner's namespace that have the address
///   together, empty for none
public record Claim(
    String uid,
    String version,
    ClaimKey key,
    String pool,
    Owner owner,
    String ownerUid,
    String cluster,
    Placement placement,
    int prefixLength,
    @Nullable IpAddress gateway,
    boolean wanted,
    Instant allocatedAt,
    @Nullable Instant releasedAt,
    String shareGroup) {

  public IpAddress address() {
    return key.address();
  }

  public IpFamily family() {
    return key.address().family();
  }

  /// Whether somebody uses the address. A released claim only waits for its end, or for its owner
  /// to come back.
  public boolean active() {
    return releasedAt == null;
  }

  /// Whether this group of this namespace has the address together.
  public boolean isSharedBy(String namespace, String group) {
    return !group.isEmpty() && group.equals(shareGroup) && namespace.equals(owner.namespace());
  }
}
