package dev.thresher.runtime.client;

/// The configuration of a client cannot be used. The message names the file, the field and the fix,
/// and never a secret.
public final class ClientConfigException extends RuntimeException {

  public ClientConfigException(String message) {
    super(message);
  }

  public ClientConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
