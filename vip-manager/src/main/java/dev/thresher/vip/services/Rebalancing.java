package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.Holder;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.election.Verdict;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What this node is asked to hand over so that addresses are spread again: one group at a time, so
/// that whoever asks sets the pace and can stop. Asked by any thread, answered by the one that
/// looks at everything; all else is that thread's.
final class Rebalancing {

  private static final Logger LOG = LoggerFactory.getLogger(Rebalancing.class);

  /// How long a hand-over may take before this node keeps what it has.
  static final Duration PATIENCE = Duration.ofSeconds(5);

  /// How long nobody may hold it: then the choice of all decides again, this node's included.
  static final Duration NOBODY_AT_MOST = Duration.ofSeconds(1);

  /// When to look again while something is on its way.
  static final Duration AGAIN = Duration.ofMillis(250);

  private record Asked(Optional<InetAddress> begin, CompletableFuture<JsonObject> answer) {}

  private final Queue<Asked> asked = new ConcurrentLinkedQueue<>();

  // The loop's own.
  private Optional<AddressGroup> moving = Optional.empty();
  private long since;
  private long heldAt;

  /// Asks what would move; begins with the group of an address, if it would and nothing else does.
  /// Any thread; the answer is there after the next look.
  CompletableFuture<JsonObject> ask(Optional<InetAddress> begin) {
    var question = new Asked(begin, new CompletableFuture<>());
    asked.add(question);
    return question.answer();
  }

  /// What is to be handed over now.
  ///
  /// @param now monotonic nanoseconds
  Set<AddressGroup> moving(RightView view, String node, long now) {
    if (moving.isPresent() && isOver(moving.get(), view, node, now)) {
      moving = Optional.empty();
    }
    return moving.map(Set::of).orElse(Set.of());
  }

  private boolean isOver(AddressGroup group, RightView view, String node, long now) {
    boolean mine = false;
    boolean others = true;
    for (InetAddress address : group.addresses()) {
      Holder holder = view.holders().get(address);
      mine |= holder != null && holder.node().equals(node);
      others &= holder != null && !holder.node().equals(node);
    }
    heldAt = mine ? now : heldAt;
    boolean late = now - since >= PATIENCE.toNanos() || now - heldAt >= NOBODY_AT_MOST.toNanos();
    if (!others && late) {
      LOG.atWarn()
          .addKeyValue("addresses", group)
          .log("no other node took over in time, the choice of all decides again");
    }
    return others || late;
  }

  /// Answers who asked.
  ///
  /// @param moves what a rebalancing would hand over from here; computed if somebody asked
  /// @return whether there is something new to hand over
  boolean answer(
      Supplier<SortedMap<AddressGroup, Verdict.Chosen>> moves,
      Map<InetAddress, Set<ObjectKey>> services,
      long now) {
    if (asked.isEmpty()) {
      return false;
    }
    boolean begun = false;
    SortedMap<AddressGroup, Verdict.Chosen> all = moves.get();
    for (Asked next = asked.poll(); next != null; next = asked.poll()) {
      if (next.answer().isDone()) {
        // Who asked has waited long enough, and was told that nothing is done.
        continue;
      }
      Optional<AddressGroup> wanted =
          next.begin()
              .flatMap(address ->
                  all.keySet().stream()
                      .filter(group -> group.addresses().contains(address))
                      .findFirst());
      if (moving.isEmpty() && wanted.isPresent()) {
        begun = true;
        moving = wanted;
        since = now;
        heldAt = now;
        LOG.atInfo()
            .addKeyValue("addresses", wanted.get())
            .addKeyValue("to", all.get(wanted.get()))
            .log("handed over because a rebalancing was asked for");
      }
      next.answer().complete(json(all, services));
    }
    return begun;
  }

  private JsonObject json(
      SortedMap<AddressGroup, Verdict.Chosen> all, Map<InetAddress, Set<ObjectKey>> services) {
    JsonObject answer = new JsonObject();
    answer.addProperty("problem", "");
    answer.add("moving", addresses(moving));
    JsonArray moves = new JsonArray();
    all.forEach((group, to) -> {
      JsonObject move = new JsonObject();
      move.add("addresses", addresses(Optional.of(group)));
      SortedSet<ObjectKey> keys = new TreeSet<>();
      group.addresses().forEach(address -> keys.addAll(services.getOrDefault(address, Set.of())));
      JsonArray names = new JsonArray();
      keys.forEach(key -> names.add(key.toString()));
      move.add("services", names);
      move.addProperty("to", to.node());
      move.addProperty("because", to.reason());
      moves.add(move);
    });
    answer.add("moves", moves);
    return answer;
  }

  private static JsonArray addresses(Optional<AddressGroup> group) {
    JsonArray addresses = new JsonArray();
    group.ifPresent(found ->
        found.addresses().forEach(address -> addresses.add(InetAddresses.toAddrString(address))));
    return addresses;
  }

  /// In place of an answer.
  static JsonObject refused(String problem) {
    JsonObject answer = new JsonObject();
    answer.addProperty("problem", problem);
    answer.add("moving", new JsonArray());
    answer.add("moves", new JsonArray());
    return answer;
  }
}
