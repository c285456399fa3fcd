package dev.thresher.runtime.serving;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The checks of one program, in the order they were added. Thread-safe.
public final class HealthRegistry implements HealthChecks {

  private static final Logger log = LoggerFactory.getLogger(HealthRegistry.class);

  private final List<Check> checks = new CopyOnWriteArrayList<>();

  private record Check(Kind kind, String name, Supplier<Optional<String>> ask) {}

  /// How one check answered.
  ///
  /// @param problem empty if all is well
  public record Verdict(String name, Optional<String> problem) {
    public boolean healthy() {
      return problem.isEmpty();
    }
  }

  /// @throws IllegalArgumentException if there is a check of this kind and name already
  @Override
  public void add(Kind kind, String name, Supplier<Optional<String>> check) {
    synchronized (checks) {
      if (checks.stream().anyMatch(c -> c.kind == kind && c.name.equals(name))) {
        throw new IllegalArgumentException("a " + kind + " check \"" + name + "\" exists already");
      }
      checks.add(new Check(kind, name, check));
    }
  }

  /// Asks every check of this kind. A check that throws is one that fails.
  public List<Verdict> ask(Kind kind) {
    var verdicts = new ArrayList<Verdict>();
    // That the program answers at all.
    verdicts.add(new Verdict("ping", Optional.empty()));
    for (Check check : checks) {
      if (check.kind == kind) {
        verdicts.add(new Verdict(check.name, ask(check)));
      }
    }
    return verdicts;
  }

  private static Optional<String> ask(Check check) {
    try {
      return check.ask.get();
    } catch (RuntimeException e) {
      log.atWarn().setCause(e).addKeyValue("check", check.name).log("health check failed itself");
      return Optional.of("the check failed: " + e.getMessage());
    }
  }
}
