package dev.thresher.runtime.cli;

/// The program was called wrongly: ends it with exit status 2 and this message. A program throws it
/// for what only shows when the flags are seen together.
public final class UsageException extends RuntimeException {
  public UsageException(String message) {
    super(message);
  }
}
