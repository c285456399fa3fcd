package dev.thresher.vip.majority;

import dev.thresher.vip.sealing.Keyring;
import dev.thresher.vip.sealing.Opened;
import dev.thresher.vip.sealing.Sealing;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Map;
import java.util.TreeMap;

/// Seals messages and opens them again, with a key of its own: for a rehearsal. Confined to one
/// thread.
final class RehearsedMail {

  private static final String SENDER = "sender";
  private static final String RECEIVER = "receiver";

  private final Sealing sender;
  private final Sealing receiver;

  RehearsedMail() {
    SecureRandom random = new SecureRandom();
    byte[] key = new byte[Keyring.SHORTEST_KEY];
    random.nextBytes(key);
    Keyring keys = new Keyring(new TreeMap<>(Map.of(1, key)));
    sender = new Sealing(SENDER, 1, keys, random);
    receiver = new Sealing(RECEIVER, 2, keys, random);
  }

  /// What the receiver reads.
  ByteBuffer carry(ByteBuffer message) {
    while (true) {
      switch (receiver.open(sender.seal(RECEIVER, message.duplicate()), 0)) {
        case Opened.Accepted(_, _, var payload) -> {
          return payload;
        }
        // The first message of a process makes the receiver ask for a proof.
        case Opened.Ask(_, var question) -> {
          if (sender.open(question, 0) instanceof Opened.Prove(_, var proof)) {
            var _ = receiver.open(proof, 0);
          }
        }
        case Opened.Prove _, Opened.Proven _ -> {}
        case Opened.Dropped(var reason, _) ->
            throw new IllegalStateException("a message just sealed was dropped: " + reason);
      }
    }
  }
}
