package dev.thresher.e2e.soak.vip;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.LabException;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import dev.thresher.e2e.lab.Vm;
import dev.thresher.e2e.soak.vip.Step.Victim;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;

/// The whole of it on a lab, a client that asks all the time who has each address, and mishaps one
/// after the other. After each is mended it waits until every program is ready and every address is
/// answered for again.
///
/// Not thread-safe.
public final class VipSoak implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final List<String> BOTH = List.of("IPv4", "IPv6");

  private final Cloud cloud;
  private final List<Step> course;
  private final Consumer<String> log;
  private final Observer observer;
  private final List<Machine> nodes;
  private final List<Kept> services = new ArrayList<>();
  private final Map<Mishap, Row> rows = new EnumMap<>(Mishap.class);
  private final List<String> faults = new ArrayList<>();
  private final Leftovers leftovers;
  private final Churn churn;

  /// A Service and the addresses that it must keep.
  private record Kept(GuestService service, List<String> addresses) {}

  /// @param cloud prepared on a lab with a client `c1`, nothing started; it stays with the caller
  /// @param plan what is to befall whom
  /// @param pace between two questions about an address
  /// @param log the observer's and what was done
  public VipSoak(Cloud cloud, Plan plan, Duration pace, Consumer<String> log) {
    this.cloud = cloud;
    this.log = log;
    this.nodes = cloud.holders();
    this.course =
        Course.of(
            new Random(plan.seed()),
            plan.mishaps(),
            plan.services(),
            nodes.size(),
            plan.kinds(),
            plan.holdersOnly());
    for (Vm vm : cloud.lab().vms(Cloud.GUEST)) {
      vm.pod("web-" + vm.name(), Map.of("app", "web"));
    }
    this.leftovers = new Leftovers(nodes);
    cloud.startAll();
    Readiness.awaitAll(cloud, PATIENCE);
    this.observer = new Observer(cloud, pace, log);
    this.churn = new Churn(observer, this::service, PATIENCE);
    for (int i = 0; i < plan.services(); i++) {
      GuestService service = service("kept-" + i);
      List<String> addresses =
          Await.value(
              "two addresses of " + service.name(),
              PATIENCE,
              () -> Optional.of(service.addresses()).filter(a -> a.size() == 2));
      addresses.forEach(observer::watch);
      this.services.add(new Kept(service, addresses));
    }
    awaitAnswers();
    observer.takeLongestGap();
  }

  /// The mishaps, then the end of all Services and programs.
  ///
  /// @param longest no mishap begins later
  /// @return what is not as it is to be, one line each
  public List<String> run(Duration longest) {
    long began = System.nanoTime();
    for (int i = 0; i < course.size() && System.nanoTime() - began < longest.toNanos(); i++) {
      Step step = course.get(i);
      int before = faults.size();
      String victim = victim(step.victim()).name();
      String what = (i + 1) + ": " + step.mishap().what() + ", " + victim + ", " + step.lasts();
      log.accept(what);
      try {
        befall(step, victim);
        long mended = System.nanoTime();
        settle();
        row(step.mishap())
            .add(
                observer.takeLongestGap(),
                Duration.ofNanos(System.nanoTime() - mended),
                take(what, before));
      } catch (LabException e) {
        faults.add(what + ": " + e.getMessage());
        return List.copyOf(faults);
      }
    }
    end();
    return List.copyOf(faults);
  }

  /// A row for each kind of mishap that there was.
  public List<String> table() {
    var table = new ArrayList<>(List.of(Row.HEADER));
    rows.values().forEach(row -> table.add(row.toString()));
    return List.copyOf(table);
  }

  private Row row(Mishap mishap) {
    return rows.computeIfAbsent(mishap, m -> new Row(m.what()));
  }

  /// @return how many are new
  private int take(String what, int before) {
    observer.takeFaults().forEach(fault -> faults.add(what + ": " + fault));
    for (Kept kept : services) {
      List<String> now = kept.service.addresses();
      if (!now.equals(kept.addresses)) {
        faults.add(what + ": " + kept.service.name() + " had " + kept.addresses + ", has " + now);
      }
    }
    return faults.size() - before;
  }

  private Machine victim(Victim victim) {
    return switch (victim) {
      case Victim.Node node -> nodes.get(node.number());
      case Victim.HolderOf of -> {
        String holder = observer.holder(services.get(of.service()).addresses.getFirst());
        yield nodes.stream()
            .filter(n -> n.name().equals(holder))
            .findFirst()
            .orElseGet(nodes::getFirst);
      }
    };
  }

  private void befall(Step step, String node) {
    switch (step.mishap()) {
      case KILL -> {
        kill(node);
        awaitEnd(node);
        leftovers.of(machine(node)).forEach(left -> faults.add("killed, and left: " + left));
        pass(step.lasts());
        startAgain(node);
      }
      case STOP -> {
        observer.ends(node);
        process(node).terminate();
        awaitEnd(node);
        pass(step.lasts());
        startAgain(node);
      }
      case FREEZE -> during(step, process(node)::freeze, process(node)::thaw);
      case FREEZE_TWO -> {
        LabProcess other = process(nextTo(node));
        process(node).freeze();
        during(step, other::freeze, other::thaw);
        process(node).thaw();
      }
      case CUT -> during(step, cloud.linkOf(node)::cut, cloud.linkOf(node)::restore);
      case CUT_FROM ->
          during(step, cloud.linkOf(node)::cutFromMachine, cloud.linkOf(node)::restore);
      case CUT_TO -> during(step, cloud.linkOf(node)::cutToMachine, cloud.linkOf(node)::restore);
      case LOSE -> during(step, () -> cloud.linkOf(node).lose(50, 50), cloud.linkOf(node)::restore);
      case UNPLUG -> during(step, cloud.linkOf(node)::unplug, cloud.linkOf(node)::plug);
      case API_CUT ->
          during(
              step,
              () -> cloud.holding().partition(machine(node)),
              () -> cloud.holding().heal(machine(node)));
      case API_FROZEN -> during(step, cloud.holding()::pause, cloud.holding()::resume);
      case API_STARTED -> during(step, cloud.holding()::stop, cloud.holding()::start);
      case API_FROZEN_KILL -> {
        cloud.holding().pause();
        kill(node);
        pass(step.lasts());
        startAgain(node);
        cloud.holding().resume();
      }
      case CHURN -> faults.addAll(churn.makeAndDelete(step.lasts()));
      case MTU -> during(step, () -> mtu(node, 1400), () -> mtu(node, 1500));
    }
  }

  private void kill(String node) {
    observer.ends(node);
    process(node).kill();
  }

  private void during(Step step, Runnable begin, Runnable end) {
    begin.run();
    pass(step.lasts());
    end.run();
  }

  private void mtu(String node, int bytes) {
    machine(node)
        .namespace()
        .run(
            List.of(
                "ip",
                "link",
                "set",
                cloud.interfaceOf(machine(node)),
                "mtu",
                String.valueOf(bytes)));
  }

  private void awaitEnd(String node) {
    Await.until(
        "the end of vip-manager on " + node,
        PATIENCE,
        () -> {
          observer.look();
          return !process(node).isAlive();
        });
  }

  private void pass(Duration time) {
    Await.pass(time, observer::look);
  }

  /// Waits until all is well.
  private void settle() {
    cloud.restartDeposed();
    try {
      Readiness.awaitAll(cloud, PATIENCE);
    } catch (LabException e) {
      // A leader may lose its lease meanwhile; anything else is thrown here, or a second time.
      cloud.restartDeposed();
      Readiness.awaitAll(cloud, PATIENCE);
    }
    awaitAnswers();
  }

  private void awaitAnswers() {
    long from = System.nanoTime();
    Await.until(
        "answers for each address",
        PATIENCE,
        () -> {
          observer.look();
          return observer.unansweredFrom(from).isEmpty();
        });
  }

  private void end() {
    log.accept("all Services deleted, then all programs stopped");
    services.forEach(kept -> kept.service.delete());
    var host = new HostObjects(cloud.host());
    Await.until(
        "nothing to be left: " + host.leftovers(),
        PATIENCE,
        () ->
            host.leftovers().isEmpty()
                && services.stream().allMatch(kept -> kept.service.object().isEmpty()));
    awaitSilence();
    cloud
        .stopAll()
        .forEach((name, status) -> {
          if (status != 0) {
            faults.add("after the end: " + name + " ended with status " + status);
          }
        });
    for (Machine node : nodes) {
      leftovers.of(node).forEach(left -> faults.add("after the end: " + left));
    }
  }

  private void awaitSilence() {
    List<String> all = services.stream().flatMap(kept -> kept.addresses.stream()).toList();
    for (String address : observer.awaitSilence(all, PATIENCE)) {
      faults.add("after the end: " + observer.holder(address) + " still answers for " + address);
    }
  }

  private GuestService service(String name) {
    return GuestService.create(cloud.guest(), "default", name, "web", 80, BOTH, Map.of());
  }

  private LabProcess process(String node) {
    return cloud.process("vip-manager-" + node);
  }

  private void startAgain(String node) {
    cloud.startAgain("vip-manager-" + node);
  }

  private Machine machine(String node) {
    return nodes.stream().filter(n -> n.name().equals(node)).findFirst().orElseThrow();
  }

  private String nextTo(String node) {
    int at = nodes.indexOf(machine(node));
    return nodes.get((at + 1) % nodes.size()).name();
  }

  @Override
  public void close() {
    observer.close();
  }
}
