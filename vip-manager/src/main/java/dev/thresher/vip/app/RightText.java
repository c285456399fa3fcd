package dev.thresher.vip.app;

import static dev.thresher.vip.app.StatusCommand.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;

/// What a right rests on and what the others say, of a status report, as lines for people. Pure.
final class RightText {

  private RightText() {}

  /// The lease of the node, its voters, and who says nothing.
  static String of(JsonObject report) {
    StringBuilder out = new StringBuilder();
    if (report.get("right") instanceof JsonObject right) {
      out.append("right by:     ").append(text(right, "by"));
      if (right.has("leaseMillisLeft")) {
        out.append(", its lease runs for ").append(text(right, "leaseMillisLeft"));
        out.append(" ms more unless it is renewed");
      }
      if (!text(right, "problem").equals("-")) {
        out.append("; nothing is known of it: ").append(text(right, "problem"));
      }
      out.append('\n');
      if (right.get("voters") instanceof JsonArray voters) {
        out.append("voters:       ").append(voters(right, voters)).append('\n');
      }
      if (right.get("leases") instanceof JsonObject leases) {
        for (String lease : leases.keySet()) {
          out.append("Lease ").append(lease).append(" is of ").append(text(leases, lease));
          out.append('\n');
        }
      }
    }
    if (report.get("silentNodes") instanceof JsonObject silent) {
      for (String node : silent.keySet()) {
        out.append("not heard:    ").append(node).append(" (").append(text(silent, node));
        out.append(")\n");
      }
    }
    return out.toString();
  }

  private static String voters(JsonObject right, JsonArray voters) {
    List<String> names = new ArrayList<>();
    int heard = 0;
    for (JsonElement element : voters) {
      JsonObject voter = element.getAsJsonObject();
      String why = "";
      if (text(voter, "heard").equals("true")) {
        heard++;
        why = text(voter, "answers").equals("true") ? "" : " (does not answer)";
      } else {
        why = " (not heard)";
      }
      names.add(text(voter, "node") + why);
    }
    boolean witness = text(right, "witness").equals("true");
    return String.join(", ", names)
        + (witness ? " and the witness" : "")
        + ": "
        + heard
        + " of "
        + voters.size()
        + " heard, "
        + text(right, "majority")
        + " of "
        + (voters.size() + (witness ? 1 : 0))
        + " must agree (version "
        + text(right, "votersVersion")
        + ")"
        + (text(right, "promisesNothingYet").equals("true")
            ? "; this node votes, and promises nothing yet"
            : "");
  }

  /// What voters say of one address.
  static String words(JsonObject entry) {
    StringBuilder out = new StringBuilder();
    if (entry.get("grantedBy") instanceof JsonArray voters && !voters.isEmpty()) {
      List<String> names = new ArrayList<>();
      voters.forEach(voter -> names.add(voter.getAsString()));
      out.append("granted by:   ").append(String.join(", ", names)).append('\n');
    }
    if (entry.get("refusedBy") instanceof JsonObject voters) {
      for (String voter : voters.keySet()) {
        out.append("refused by ").append(voter).append(": ").append(text(voters, voter));
        out.append('\n');
      }
    }
    if (!text(entry, "promisedTo").equals("-")) {
      out.append("promised to:  ").append(text(entry, "promisedTo"));
      out.append(", by this node as a voter\n");
    }
    return out.toString();
  }
}
