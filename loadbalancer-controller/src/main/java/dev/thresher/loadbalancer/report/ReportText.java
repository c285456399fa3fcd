package dev.thresher.loadbalancer.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.loadbalancer.report.Report.AddressLine;
import dev.thresher.loadbalancer.report.Report.PoolLine;
import java.util.ArrayList;
import java.util.List;

/// A report as a person or a program reads it.
public final class ReportText {

  private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();
  private static final String NONE = "-";

  private ReportText() {}

  /// Three tables in the manner of `kubectl`.
  public static String table(Report report) {
    var out = new StringBuilder();
    out.append("POOLS\n");
    table(
        out,
        List.of("NAME", "NETWORK", "RANGES", "TOTAL", "USED", "RELEASED", "FREE", "PROBLEM"),
        report.pools().stream().map(ReportText::cells).toList());
    out.append("\nADDRESSES\n");
    table(
        out,
        List.of("ADDRESS", "POOL", "OWNER", "CLUSTER", "SERVICE", "PLACEMENT", "STATE", "SINCE"),
        report.addresses().stream().map(ReportText::cells).toList());
    out.append("\nFINDINGS\n");
    table(
        out,
        List.of("KIND", "ADDRESS", "POOL", "WHAT", "DO"),
        report.findings().stream().map(ReportText::cells).toList());
    return out.toString();
  }

  private static List<String> cells(PoolLine line) {
    return List.of(
        line.name(),
        line.network(),
        line.ranges(),
        String.valueOf(line.total()),
        String.valueOf(line.used()),
        String.valueOf(line.released()),
        String.valueOf(line.available()),
        line.problem());
  }

  private static List<String> cells(AddressLine line) {
    return List.of(
        line.address(),
        line.pool(),
        line.owner(),
        line.cluster(),
        line.service(),
        line.placement(),
        line.state(),
        line.since());
  }

  private static List<String> cells(Finding finding) {
    return List.of(
        finding.kind().text(), finding.address(), finding.pool(), finding.message(), finding.fix());
  }

  private static void table(StringBuilder out, List<String> head, List<List<String>> rows) {
    if (rows.isEmpty()) {
      out.append("none\n");
      return;
    }
    var lines = new ArrayList<List<String>>();
    lines.add(head);
    rows.forEach(row -> lines.add(row.stream().map(c -> c.isEmpty() ? NONE : c).toList()));
    int[] widths = new int[head.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    for (List<String> line : lines) {
      var text = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        text.append(line.get(i)).repeat(" ", widths[i] - line.get(i).length() + 2);
      }
      out.append(text.toString().stripTrailing()).append('\n');
    }
  }

  /// One object with the lists `pools`, `addresses` and `findings`.
  public static String json(Report report) {
    var whole = new JsonObject();
    whole.add("pools", array(report.pools()));
    whole.add("addresses", array(report.addresses()));
    var findings = new JsonArray();
    report
        .findings()
        .forEach(finding -> {
          JsonObject object = GSON.toJsonTree(finding).getAsJsonObject();
          object.addProperty("kind", finding.kind().text());
          findings.add(object);
        });
    whole.add("findings", findings);
    return GSON.toJson(whole) + "\n";
  }

  private static JsonElement array(List<? extends Record> lines) {
    return GSON.toJsonTree(lines);
  }
}
