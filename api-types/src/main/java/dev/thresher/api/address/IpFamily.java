package dev.thresher.api.address;

/// The two families of addresses; everywhere equals.
public enum IpFamily {
  IPV4("IPv4", 32),
  IPV6("IPv6", 128);

  private final String text;
  private final int bits;

  IpFamily(String text, int bits) {
    this.text = text;
    this.bits = bits;
  }

  /// As in `Service.spec.ipFamilies`: `IPv4` or `IPv6`.
  public String text() {
    return text;
  }

  /// Length of an address: 32 or 128.
  public int bits() {
    return bits;
  }

  /// The other family.
  public IpFamily other() {
    return this == IPV4 ? IPV6 : IPV4;
  }

  /// Reads what [#text] prints.
  ///
  /// @throws IllegalArgumentException for any other text
  public static IpFamily parse(String text) {
    for (IpFamily family : values()) {
      if (family.text.equals(text)) {
        return family;
      }
    }
    throw new IllegalArgumentException("want the family IPv4 or IPv6, got \"" + text + "\"");
  }

  @Override
  public String toString() {
    return text;
  }
}
