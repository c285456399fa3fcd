package dev.thresher.vip.l2;

import com.google.common.collect.Sets;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.linux.NodeRouting;
import dev.thresher.vip.linux.Route;
import dev.thresher.vip.linux.RoutingRule;
import dev.thresher.vip.linux.Sysctl;
import dev.thresher.vip.linux.SystemResult;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A gate that also has answers leave by the interface by which the request came; see [ReturnPlan].
///
/// Level-based: on every change of the node's network, and of the interfaces that are used, what
/// should be there is compared with what is, so that routes and rules of ours that somebody removed
/// come back, and those of an earlier process are taken over or removed. Routes and rules of others
/// are never touched. Where the kernel refuses, answers leave by the default route, and that is
/// said once, as is what else answers meet there.
public final class ReturnPathGate extends ForwardingGate {
  private static final Logger LOG = LoggerFactory.getLogger(ReturnPathGate.class);

  /// Reason of what is told when somebody removed what is ours.
  public static final String REPAIRED = "ReturnPathRepaired";

  /// Reason of what is told when answers may not arrive.
  public static final String AT_RISK = "ReturnPathAtRisk";

  private final ReturnMarks marks;
  private final NodeNetwork network;
  private final Notices notices;

  /// Guards all below. Under it: system calls that do not wait, and the gate's own lock.
  private final Object lock = new Object();

  private final Set<Integer> used = new HashSet<>();
  private @Nullable NodeRouting routing;
  private SortedMap<Integer, Integer> marked = new TreeMap<>();
  private SortedMap<String, String> said = new TreeMap<>();
  private ReturnPlan plan = ReturnPlan.NOTHING;
  private Set<Route> seenRoutes = Set.of();
  private Set<RoutingRule> seenRules = Set.of();
  private long repairs;

  /// @param gate whose work is done besides
  /// @param network all of it, followed already
  public ReturnPathGate(AddressGate gate, ReturnMarks marks, NodeNetwork network, Notices notices) {
    super(gate);
    this.notices = notices;
    this.marks = marks;
    this.network = network;
  }

  /// How often routes or rules of ours had vanished and were made again.
  public long repairs() {
    synchronized (lock) {
      return repairs;
    }
  }

  /// How many interfaces have a way back of their own.
  public int paths() {
    synchronized (lock) {
      return marked.size();
    }
  }

  @Override
  public void install() {
    super.install();
    synchronized (lock) {
      routing = NodeRouting.open();
      apply(network.current());
    }
    network.onChange(now -> {
      synchronized (lock) {
        apply(now);
      }
    });
  }

  @Override
  public void guard(Link link) {
    super.guard(link);
    synchronized (lock) {
      if (used.add(link.index())) {
        apply(network.current());
      }
    }
  }

  @Override
  public void unguard(Link link) {
    super.unguard(link);
    synchronized (lock) {
      if (used.remove(link.index())) {
        apply(network.current());
      }
    }
  }

  @Override
  public void remove() {
    synchronized (lock) {
      NodeRouting closing = routing;
      if (closing != null) {
        used.clear();
        apply(network.current());
        routing = null;
        closing.close();
      }
    }
    super.remove();
  }

  /// Under the lock.
  private void apply(LinuxNetwork now) {
    NodeRouting to = routing;
    if (to == null) {
      return;
    }
    ReturnPlan wanted = ReturnPlan.of(now, used);
    Set<Route> routes =
        now.routes().stream()
            .filter(ReturnPathGate::isOurs)
            .collect(Collectors.toUnmodifiableSet());
    Set<RoutingRule> rules = Set.copyOf(now.rules());
    countRepairs(wanted, routes, rules);
    // What was made a moment ago may not be in the picture yet.
    for (RoutingRule rule : Sets.union(rules, plan.rules())) {
      if (!wanted.rules().contains(rule)) {
        check(to.remove(rule), "remove " + rule);
      }
    }
    for (Route route : Sets.union(routes, plan.routes())) {
      if (!wanted.routes().contains(route)) {
        check(to.remove(route), "remove " + route);
      }
    }
    for (Route route : wanted.routes()) {
      if (!routes.contains(route)) {
        check(to.add(route), "add " + route);
      }
    }
    for (RoutingRule rule : wanted.rules()) {
      if (!rules.contains(rule)) {
        check(to.add(rule), "add " + rule);
      }
    }
    mark(wanted.numbers());
    plan = wanted;
    tell(now, wanted);
  }

  private void mark(SortedMap<Integer, Integer> numbers) {
    if (!numbers.equals(marked)) {
      try {
        marks.mark(numbers);
        marked = numbers;
      } catch (IllegalStateException e) {
        LOG.atWarn().setCause(e).log("answers leave by the default route");
      }
    }
  }

  private static boolean isOurs(Route route) {
    return NodeRouting.isTagged(route)
        && route.table() > ReturnPlan.TABLES
        && route.table() <= ReturnPlan.TABLES + ReturnPlan.MOST;
  }

  /// What was seen there, is wanted, and is not there any more.
  private void countRepairs(ReturnPlan wanted, Set<Route> routes, Set<RoutingRule> rules) {
    int lost =
        Sets.difference(Sets.intersection(seenRoutes, wanted.routes()), routes).size()
            + Sets.difference(Sets.intersection(seenRules, wanted.rules()), rules).size();
    seenRoutes = routes;
    seenRules = rules;
    if (lost > 0) {
      repairs += lost;
      LOG.atWarn().addKeyValue("lost", lost).log("return paths had vanished, making them again");
      notices.tell(
          REPAIRED,
          lost
              + " routes or rules by which answers leave by the interface of the request had been"
              + " removed and are made again; whoever removes them should leave tables "
              + (ReturnPlan.TABLES + 1)
              + " to "
              + (ReturnPlan.TABLES + ReturnPlan.MOST)
              + " and rules of priority "
              + ReturnPlan.PRIORITY
              + " alone, or set vip_return_path to off");
    }
  }

  private static void check(SystemResult<Integer> result, String what) {
    if (result instanceof SystemResult.Failed<Integer> failed
        && !failed.errno().isAbsent()
        && !failed.errno().isPresentAlready()) {
      LOG.atWarn()
          .addKeyValue("wanted", what)
          .addKeyValue("reason", failed)
          .log("a return path is not as it should be");
    }
  }

  /// What answers on an interface meet, once per change of it.
  private void tell(LinuxNetwork now, ReturnPlan wanted) {
    SortedMap<String, String> present = new TreeMap<>(wanted.problems());
    for (int index : wanted.numbers().keySet()) {
      now.link(index)
          .map(Link::name)
          .filter(Sysctl::dropsByReversePath)
          .ifPresent(name ->
              present.put(
                  name,
                  "the kernel drops requests of clients beyond its networks: set"
                      + " net.ipv4.conf.{all,"
                      + name
                      + "}.rp_filter to 2"));
    }
    present.forEach((name, problem) -> {
      if (!problem.equals(said.get(name))) {
        LOG.atWarn()
            .addKeyValue("interface", name)
            .addKeyValue("problem", problem)
            .log("clients beyond the networks of an interface may get no answer");
        notices.tell(
            AT_RISK,
            "clients beyond the networks of interface " + name + " may get no answer: " + problem);
      }
    });
    said = present;
  }
}
