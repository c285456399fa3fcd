package dev.thresher.loadbalancer.ipam;

/// A field of a pool's range that makes no sense.
public final class InvalidRange extends IllegalArgumentException {

  private static final long serialVersionUID = 1;

  private final String field;
  private final String value;
  private final String wanted;

  /// @param field where it stands: `spec.ranges[0].subnet`
  /// @param value what stands there
  /// @param wanted what should stand there, to be read after "want"
  InvalidRange(String field, String value, String wanted) {
    super(field + ": want " + wanted + ", got \"" + value + "\"");
    this.field = field;
    this.value = value;
    this.wanted = wanted;
  }

  public String field() {
    return field;
  }

  public String value() {
    return value;
  }

  public String wanted() {
    return wanted;
  }
}
