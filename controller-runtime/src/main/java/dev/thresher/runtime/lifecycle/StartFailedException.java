package dev.thresher.runtime.lifecycle;

/// A component that could not start. The message names it and says why.
public final class StartFailedException extends Exception {

  private final String component;

  public StartFailedException(String component, String why, Throwable cause) {
    super(component + " did not start: " + why, cause);
    this.component = component;
  }

  public String component() {
    return component;
  }
}
