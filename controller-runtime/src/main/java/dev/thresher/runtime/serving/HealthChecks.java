package dev.thresher.runtime.serving;

import java.util.Optional;
import java.util.function.Supplier;

/// The named checks behind `/healthz`, `/livez` and `/readyz`. Thread-safe.
public interface HealthChecks {

  /// Adds a check: empty if all is well, else what is wrong. It is asked at each request and must
  /// answer at once.
  void add(Kind kind, String name, Supplier<Optional<String>> check);

  enum Kind {
    /// A failing check asks for a restart: `/livez` and `/healthz`.
    LIVE,
    /// A failing check asks for no traffic: `/readyz`.
    READY
  }
}
