package dev.thresher.loadbalancer.webhook;

/// A request that is no question of an API server. The message names the field, the value and what
/// is wanted.
final class MalformedException extends RuntimeException {

  private static final long serialVersionUID = 1;

  MalformedException(String message) {
    super(message);
  }
}
