package dev.thresher.runtime.client;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A call that the API server refused, or that did not reach it.
public final class KubeApiException extends RuntimeException {

  /// Why it failed, as far as a caller would act differently.
  public enum Reason {
    /// 409 on a write with a stale version or a precondition.
    CONFLICT,
    /// 409 on a create.
    ALREADY_EXISTS,
    /// 400 or 422: the request is wrong and will stay so.
    INVALID,
    /// 401: the credentials are not accepted.
    UNAUTHORIZED,
    /// 403: the role lacks the verb, or admission refused.
    FORBIDDEN,
    /// 404 where absence is not a value: the resource type or the subresource does not exist.
    NOT_FOUND,
    /// 410: the version asked for is gone.
    GONE,
    /// 429: asked to slow down; see [#retryAfter()].
    THROTTLED,
    /// Any other answer of 500 and above.
    SERVER_ERROR,
    /// No answer: connection refused, reset, timed out, TLS failure.
    UNREACHABLE,
    /// Not sent: this process no longer leads.
    FENCED
  }

  private final Reason reason;
  private final int status;
  private final Optional<Duration> retryAfter;

  public KubeApiException(
      Reason reason,
      int status,
      String message,
      Optional<Duration> retryAfter,
      @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.status = status;
    this.retryAfter = retryAfter;
  }

  public Reason reason() {
    return reason;
  }

  /// The HTTP status, 0 if there was no answer.
  public int status() {
    return status;
  }

  /// How long the server asked to wait.
  public Optional<Duration> retryAfter() {
    return retryAfter;
  }

  public boolean is(Reason other) {
    return reason == other;
  }
}
