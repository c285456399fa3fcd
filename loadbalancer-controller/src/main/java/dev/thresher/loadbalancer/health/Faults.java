package dev.thresher.loadbalancer.health;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.time.Duration;
import java.util.Locale;
import javax.net.ssl.SSLException;

/// What a failed call of the operating system says about a back end, and what only about this side.
///
/// The JDK has classes for some of the causes only; the rest is told apart by the kernel's words,
/// which it hands on in English whatever the locale.
final class Faults {

  private static final Outcome REFUSED =
      new Outcome.Failed("ConnectionRefused", "refuses connections: nobody listens at the port");

  private static final Outcome RESET =
      new Outcome.Failed("ConnectionReset", "reset the connection");

  private static final Outcome NO_ROUTE =
      new Outcome.Failed(
          "NoRoute", "cannot be reached from loadbalancer-controller: there is no route to it");

  private Faults() {}

  static Outcome of(IOException cause) {
    String message = cause.getMessage() == null ? "" : cause.getMessage();
    String words = message.toLowerCase(Locale.ROOT);
    if (cause instanceof BindException
        || words.contains("too many open files")
        || words.contains("cannot assign requested address")
        || words.contains("no buffer space")
        || words.contains("operation not permitted")
        || words.contains("permission denied")) {
      return new Outcome.Inconclusive(message);
    }
    if (cause instanceof SSLException) {
      return new Outcome.Failed("TlsFailed", "the TLS handshake failed: " + message);
    }
    if (cause instanceof NoRouteToHostException || words.contains("unreachable")) {
      return cause instanceof PortUnreachableException ? REFUSED : NO_ROUTE;
    }
    if (cause instanceof PortUnreachableException || words.contains("connection refused")) {
      return REFUSED;
    }
    if (words.contains("timed out")) {
      // The kernel gave up before the check did.
      return new Outcome.Failed("Timeout", "does not answer");
    }
    if (words.contains("reset") || words.contains("broken pipe")) {
      return RESET;
    }
    return cause instanceof ConnectException
        ? REFUSED
        : new Outcome.Failed("Unreachable", "cannot be asked: " + message);
  }

  /// Whether the back end itself, or who stands for it, has answered by what it did.
  static boolean isAnswer(Outcome outcome) {
    return outcome.equals(REFUSED) || outcome.equals(RESET);
  }

  /// @param connected whether a connection had come about
  static Outcome timeout(Duration timeout, boolean connected) {
    String seconds = timeout.toMillis() / 1000.0 + " s";
    return new Outcome.Failed(
        "Timeout",
        connected
            ? "took the connection but did not answer within " + seconds
            : "did not answer within " + seconds);
  }
}
