package dev.thresher.api.net;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// The name of the claim of an address.
///
/// Creating the object is the test-and-set of allocation, so the name must depend on nothing but
/// what makes two uses of an address collide: the layer-2 domain and the address. Pools are not
/// part of it; two pools on one network cannot give one address twice, and ranges that overlap on
/// different networks are different addresses.
///
/// The form is `v4-192-0-2-10-<32 hex digits>` or `v6-2001-db8--1-<32 hex digits>`: the family, the
/// address for people (cut if it is long), and 128 bits of SHA-256 over domain and address. It is a
/// DNS label of at most 63 characters and never changes, since claims outlive programs.
public final class ClaimName {

  private static final int MAX_LABEL = 63;
  private static final int HASH_BYTES = 16;

  /// The name of the claim.
  ///
  /// @param layer2Domain the pool's network as `namespace/name`; empty for the management network
  /// @param address the address; one mapped into IPv6 is the IPv4 address
  public static String of(String layer2Domain, InetAddress address) {
    return of(layer2Domain, IpAddress.of(address));
  }

  /// As [#of(String, InetAddress)].
  public static String of(String layer2Domain, IpAddress address) {
    MessageDigest digest = sha256();
    digest.update(layer2Domain.getBytes(StandardCharsets.UTF_8));
    // No name of a network contains a NUL, so no pair of domain and address reads as another.
    digest.update((byte) 0);
    byte[] hash = digest.digest(address.bytes());
    String suffix = "-" + HexFormat.of().formatHex(hash, 0, HASH_BYTES);

    String readable =
        (address.family() == IpFamily.IPV4 ? "v4-" : "v6-")
            + address.toString().replace('.', '-').replace(':', '-');
    int kept = Math.min(readable.length(), MAX_LABEL - suffix.length());
    return readable.substring(0, kept) + suffix;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  private ClaimName() {}
}
