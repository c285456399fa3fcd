package dev.thresher.vip.lease;

/// FNV-1a of 64 bits, which every process computes alike. It protects from mistakes, not from
/// forgery.
public final class Fnv1a {
  private long hash = 0xcbf29ce484222325L;

  public Fnv1a add(byte... octets) {
    for (byte octet : octets) {
      add(octet & 0xff);
    }
    return this;
  }

  /// Eight octets, the lowest first.
  public Fnv1a add(long number) {
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      add((int) (number >>> shift & 0xff));
    }
    return this;
  }

  private void add(int octet) {
    hash = (hash ^ octet) * 0x100000001b3L;
  }

  /// Of all that was added so far.
  public long value() {
    return hash;
  }
}
