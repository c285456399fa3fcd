package dev.thresher.vip.majority;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.thresher.vip.lease.RecordMark;
import dev.thresher.vip.lease.VoterRecord;
import java.time.Duration;
import java.util.SortedSet;
import java.util.TreeSet;

/// The record of voters and the mark of the witness as texts.
final class VoterText {

  private VoterText() {}

  static String text(VoterRecord record) {
    JsonObject json = new JsonObject();
    json.addProperty("cluster", Long.toHexString(record.cluster()));
    json.addProperty("version", record.version());
    JsonArray voters = new JsonArray();
    record.voters().forEach(voters::add);
    json.add("voters", voters);
    json.addProperty("witness", record.witness());
    json.addProperty("leaseMillis", record.lease().toMillis());
    json.addProperty("longestLeaseMillis", record.longestLease().toMillis());
    return json.toString();
  }

  /// @throws IllegalArgumentException for anything else than [#text] writes
  static VoterRecord parse(String text) {
    try {
      JsonObject json = JsonParser.parseString(text).getAsJsonObject();
      SortedSet<String> voters = new TreeSet<>();
      for (JsonElement voter : json.getAsJsonArray("voters")) {
        voters.add(voter.getAsString());
      }
      return new VoterRecord(
          Long.parseUnsignedLong(json.get("cluster").getAsString(), 16),
          json.get("version").getAsLong(),
          voters,
          json.get("witness").getAsBoolean(),
          Duration.ofMillis(json.get("leaseMillis").getAsLong()),
          Duration.ofMillis(json.get("longestLeaseMillis").getAsLong()));
    } catch (JsonParseException
        | IllegalStateException
        | ClassCastException
        | NullPointerException
        | UnsupportedOperationException e) {
      throw new IllegalArgumentException("no record of voters: " + text, e);
    }
  }

  static String mark(RecordMark mark) {
    return Long.toHexString(mark.cluster()) + " " + mark.version();
  }

  /// @throws IllegalArgumentException for anything else than [#mark] writes
  static RecordMark parseMark(String text) {
    int space = text.indexOf(' ');
    if (space < 0) {
      throw new IllegalArgumentException("want \"cluster version\", found \"" + text + "\"");
    }
    return new RecordMark(
        Long.parseUnsignedLong(text.substring(0, space), 16),
        Long.parseLong(text.substring(space + 1)));
  }
}
