package dev.thresher.vip.lease;

import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// One heartbeat and what the voters answered. Confined to one thread.
final class Round {

  final long number;
  final long sentAt;
  final long leaseNanos;
  final RecordMark record;
  final OfferedSet set;
  private final Map<String, Map<InetAddress, Refusal>> answers = new HashMap<>();

  Round(long number, long sentAt, VoterRecord record, OfferedSet set) {
    this.number = number;
    this.sentAt = sentAt;
    this.leaseNanos = record.leaseNanos();
    this.record = record.mark();
    this.set = set;
  }

  boolean isAnsweredBy(LeaseMessage.Ack ack) {
    return ack.round() == number && ack.record().equals(record) && ack.set() == set.version();
  }

  /// Of two answers of one voter the later refuses less, whichever comes first.
  void answered(String voter, Collection<Refusal> refusals) {
    Map<InetAddress, Refusal> byAddress = new HashMap<>();
    refusals.forEach(refusal -> byAddress.put(refusal.address(), refusal));
    Map<InetAddress, Refusal> before = answers.put(voter, byAddress);
    if (before != null) {
      byAddress.keySet().retainAll(before.keySet());
    }
  }

  Set<String> answering() {
    return answers.keySet();
  }

  /// Voters that promised all of these.
  Set<String> granting(Collection<InetAddress> addresses) {
    Set<String> voters = new HashSet<>();
    answers.forEach((voter, refused) -> {
      if (refused.isEmpty() || addresses.stream().noneMatch(refused::containsKey)) {
        voters.add(voter);
      }
    });
    return voters;
  }

  /// Those of some voters that promised one more address.
  Set<String> granting(Set<String> voters, InetAddress more) {
    Map<String, Refusal> against = against(more);
    if (against.isEmpty()) {
      return voters;
    }
    Set<String> left = new HashSet<>(voters);
    left.removeAll(against.keySet());
    return left;
  }

  /// What voters said against one address, by voter.
  Map<String, Refusal> against(InetAddress address) {
    Map<String, Refusal> refusals = new HashMap<>();
    answers.forEach((voter, refused) -> {
      Refusal refusal = refused.get(address);
      if (refusal != null) {
        refusals.put(voter, refusal);
      }
    });
    return refusals;
  }

  /// Addresses that at least one voter refused.
  Set<InetAddress> refused() {
    Set<InetAddress> addresses = new HashSet<>();
    answers.values().forEach(refused -> addresses.addAll(refused.keySet()));
    return addresses;
  }
}
