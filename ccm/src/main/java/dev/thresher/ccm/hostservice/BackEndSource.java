package dev.thresher.ccm.hostservice;

import java.util.Arrays;
import java.util.Optional;

/// Who says which machines are behind a host Service.
public enum BackEndSource {
  /// EndpointSlices of ours lead to the machines of the guest's nodes; the Service has no selector.
  SLICES("slices"),

  /// The host's own controller, by a selector that fits the machines' launcher pods.
  SELECTOR("selector"),

  /// As [#SELECTOR], but [#SLICES] for a Service with `externalTrafficPolicy: Local`: a selector
  /// does not know on which nodes its pods are.
  SELECTOR_UNLESS_LOCAL("selector-unless-local"),

  /// Somebody else; the Service has no selector.
  NONE("none");

  private final String text;

  BackEndSource(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }

  public static Optional<BackEndSource> tryParse(String text) {
    return Arrays.stream(values()).filter(source -> source.text.equals(text)).findFirst();
  }

  /// Whether any Service may get slices of ours.
  public boolean mayWriteSlices() {
    return switch (this) {
      case SLICES, SELECTOR_UNLESS_LOCAL -> true;
      case SELECTOR, NONE -> false;
    };
  }

  /// What it is for one Service: never [#SELECTOR_UNLESS_LOCAL].
  BackEndSource of(boolean local) {
    return this == SELECTOR_UNLESS_LOCAL ? local ? SLICES : SELECTOR : this;
  }
}
