package dev.thresher.vip.majority;

import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.RightStanding;
import dev.thresher.vip.election.RightStanding.Voter;
import dev.thresher.vip.election.RightStanding.Words;
import dev.thresher.vip.lease.LeaseReport;
import dev.thresher.vip.lease.Refusal;
import dev.thresher.vip.lease.VoterRecord;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// A [LeaseReport] in the words that people read. Pure.
final class Standings {

  private Standings() {}

  /// @param me this node
  /// @param live nodes that are there, see [dev.thresher.vip.lease.LeaseView]
  /// @param known nodes that run vip-manager or did, without this one
  static RightStanding of(
      LeaseReport report, String me, Set<String> live, Collection<NodeLease> known) {
    SortedMap<String, String> silent = new TreeMap<>();
    for (NodeLease node : known) {
      if (!live.contains(node.node())) {
        silent.put(node.node(), silence(report, node));
      }
    }
    return new RightStanding(
        RightStanding.By.MAJORITY,
        report.leftNanos() > 0
            ? Optional.of(Duration.ofNanos(report.leftNanos()))
            : Optional.empty(),
        report.record().map(record -> council(report, record, me, live)),
        silent,
        words(report),
        new TreeMap<>(),
        "");
  }

  private static String silence(LeaseReport report, NodeLease node) {
    Long ago = report.heardNanosAgo().get(node.node());
    return ago == null
        ? "not heard since this vip-manager began"
        : "takes no part, last heard " + Duration.ofNanos(ago).toMillis() + " ms ago";
  }

  private static RightStanding.Council council(
      LeaseReport report, VoterRecord record, String me, Set<String> live) {
    SortedMap<String, Voter> voters = new TreeMap<>();
    for (String voter : record.voters()) {
      voters.put(
          voter,
          new Voter(voter.equals(me) || live.contains(voter), report.answering().contains(voter)));
    }
    return new RightStanding.Council(
        record.version(), record.majority(), record.witness(), report.silentVoter(), voters);
  }

  private static Map<InetAddress, Words> words(LeaseReport report) {
    Set<InetAddress> addresses = new HashSet<>(report.askings().keySet());
    addresses.addAll(report.promised().keySet());
    Map<InetAddress, Words> words = new HashMap<>();
    for (InetAddress address : addresses) {
      LeaseReport.Asking asking = report.askings().get(address);
      SortedMap<String, String> refusing = new TreeMap<>();
      if (asking != null) {
        asking.refusing().forEach((voter, refusal) -> refusing.put(voter, reason(refusal)));
      }
      words.put(
          address,
          new Words(
              asking == null ? new TreeSet<>() : asking.granting(),
              refusing,
              report.promised().getOrDefault(address, "")));
    }
    return words;
  }

  private static String reason(Refusal refusal) {
    return "promised to "
        + refusal.holder()
        + " (epoch "
        + refusal.epoch()
        + "), which ends "
        + Duration.ofNanos(refusal.leftNanos()).toMillis()
        + " ms later unless it is renewed";
  }
}
