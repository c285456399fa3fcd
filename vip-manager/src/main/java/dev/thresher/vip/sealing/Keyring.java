package dev.thresher.vip.sealing;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// The keys that nodes share, by number.
///
/// To change the key without a gap, add one with a higher number and leave the old one: each node
/// seals with the newest key that its receiver has said it has, so the order in which nodes get the
/// new ring does not matter. When all have it, take the old one away.
///
/// @param keys at least one, each of at least [#SHORTEST_KEY] bytes, by number from 1
public record Keyring(SortedMap<Integer, byte[]> keys) {

  /// Bytes of the shortest key: as many as the seal's hash has.
  public static final int SHORTEST_KEY = 32;

  public Keyring {
    SortedMap<Integer, byte[]> copy = new TreeMap<>();
    keys.forEach((number, key) -> {
      if (number < 1) {
        throw new IllegalArgumentException("keys are numbered from 1, found " + number);
      }
      if (key.length < SHORTEST_KEY) {
        throw new IllegalArgumentException(
            "key " + number + " has " + key.length + " bytes, want at least " + SHORTEST_KEY);
      }
      copy.put(number, key.clone());
    });
    if (copy.isEmpty()) {
      throw new IllegalArgumentException("at least one key is needed");
    }
    keys = Collections.unmodifiableSortedMap(copy);
  }

  int newest() {
    return keys.lastKey();
  }

  /// The key to seal with for somebody who has keys up to this number.
  int bestFor(int newestThere) {
    SortedMap<Integer, byte[]> common = keys.headMap(newestThere + 1);
    return common.isEmpty() ? keys.firstKey() : common.lastKey();
  }

  /// The numbers only: keys are not for logs.
  @Override
  public String toString() {
    return "keys " + keys.keySet();
  }
}
