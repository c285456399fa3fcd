package dev.thresher.runtime.serving;

import dev.thresher.runtime.serving.HealthChecks.Kind;
import dev.thresher.runtime.serving.HealthRegistry.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// `/healthz`, `/livez` and `/readyz` as the API server of Kubernetes writes them, but with the
/// reasons: `ok`, or a line per check.
final class HealthPage {

  private HealthPage() {}

  /// @param page without the slash: `readyz`
  /// @param rest the path after it: empty, or a slash and the name of one check
  static Reply answer(
      HealthRegistry health, HealthSlis slis, String page, String rest, Query query) {
    List<Verdict> all = health.ask(page.equals("readyz") ? Kind.READY : Kind.LIVE);
    slis.observe(page, all);
    return rest.isEmpty() ? all(page, all, query) : one(rest.substring(1), all);
  }

  private static Reply one(String name, List<Verdict> all) {
    return all.stream()
        .filter(verdict -> verdict.name().equals(name))
        .findFirst()
        .map(verdict ->
            verdict.healthy()
                ? Reply.text(200, "ok")
                : Reply.text(500, "failed: " + verdict.problem().orElseThrow() + "\n"))
        .orElseGet(() -> Reply.text(404, "no check is called \"" + name + "\"\n"));
  }

  private static Reply all(String page, List<Verdict> all, Query query) {
    Set<String> excluded = query.values("exclude");
    var lines = new ArrayList<String>();
    boolean healthy = true;
    for (Verdict verdict : all) {
      if (excluded.contains(verdict.name())) {
        lines.add("[+]" + verdict.name() + " excluded: ok");
      } else if (verdict.healthy()) {
        lines.add("[+]" + verdict.name() + " ok");
      } else {
        healthy = false;
        lines.add("[-]" + verdict.name() + " failed: " + verdict.problem().orElseThrow());
      }
    }
    List<String> unknown =
        excluded.stream().filter(n -> all.stream().noneMatch(v -> v.name().equals(n))).toList();
    if (!unknown.isEmpty()) {
      lines.add("warn: cannot exclude what does not exist: " + String.join(", ", unknown));
    }
    lines.add(page + " check " + (healthy ? "passed" : "failed"));
    if (healthy && !query.has("verbose")) {
      return Reply.text(200, "ok");
    }
    return Reply.text(healthy ? 200 : 500, String.join("\n", lines) + "\n");
  }
}
