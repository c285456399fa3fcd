package dev.thresher.vip.sealing;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Seals what is said when a connection of the mesh is made: HMAC-SHA-256, with keys that are
/// derived from those of a ring for this purpose alone, so that no datagram's seal is one of a
/// greeting. What is sealed must hold a nonce of the reader's. Confined to one thread.
public final class GreetingSeal {

  /// Bytes of a seal.
  public static final int LENGTH = 32;

  /// Bytes of a nonce.
  public static final int NONCE = 16;

  private static final String ALGORITHM = "HmacSHA256";

  /// No datagram begins like this: its first byte is [Datagram#FORMAT].
  private static final String PURPOSE = "thresher vip mesh greeting 1";

  private final Keyring keys;
  private final Map<Integer, Mac> macs = new HashMap<>();

  public GreetingSeal(Keyring keys) {
    this.keys = keys;
    keys.keys()
        .forEach((number, key) -> {
          byte[] derived = mac(key).doFinal(PURPOSE.getBytes(StandardCharsets.UTF_8));
          macs.put(number, mac(derived));
        });
  }

  /// For the other to know which key is best for this node.
  public int newestKey() {
    return keys.newest();
  }

  /// The key to seal with for somebody who has keys up to this number.
  public int keyFor(int newestThere) {
    return keys.bestFor(newestThere);
  }

  public boolean has(int key) {
    return macs.containsKey(key);
  }

  /// @param key on the ring
  public byte[] seal(int key, ByteBuffer said) {
    Mac mac = macs.get(key);
    if (mac == null) {
      throw new IllegalArgumentException("no key " + key + " on the ring, found " + keys);
    }
    mac.update(said.duplicate());
    return mac.doFinal();
  }

  /// Whether this is the seal of that key; never of one that is not on the ring.
  public boolean fits(int key, ByteBuffer said, byte[] seal) {
    return has(key) && MessageDigest.isEqual(seal, seal(key, said));
  }

  private static Mac mac(byte[] key) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(ALGORITHM + " is missing in this Java", e);
    }
  }
}
