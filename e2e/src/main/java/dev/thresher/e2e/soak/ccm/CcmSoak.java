package dev.thresher.e2e.soak.ccm;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.OpsPort;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.LabException;
import dev.thresher.e2e.lab.Together;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// The ccm and the loadbalancer-controller on two real control planes, with nodes that are nothing
/// but objects. Scenes run one after the other on the same clusters; after each it is looked
/// whether every Service has its one address, the one it had, whether anything is left over on the
/// host, and whether each node with a machine is there and no other.
public final class CcmSoak implements AutoCloseable {

  private static final String CCM = "ccm-1";
  private static final String CONTROLLER = "loadbalancer-controller-1";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Cloud cloud;
  private final Size size;
  private final Consumer<String> progress;
  private final Random dice;
  private final Fleet fleet;
  private final Supervisor supervisor;
  private final PaperVips vips;
  private final List<String> faults = new ArrayList<>();

  /// @param cloud prepared, nothing started; it stays with the caller
  /// @param seed of all choices
  /// @param progress told each step
  public CcmSoak(Cloud cloud, Size size, long seed, Consumer<String> progress) {
    this.cloud = cloud;
    this.size = size;
    this.progress = progress;
    this.dice = new Random(seed);
    this.fleet = new Fleet(cloud, dice);
    this.supervisor = new Supervisor(cloud);
    cloud.startLoadBalancerController("1", lease());
    cloud.startCcm("1", flags());
    this.vips = new PaperVips(cloud.guest());
  }

  /// Ends the programs' company, not the programs.
  @Override
  public void close() {
    vips.close();
  }

  /// Plays a scene and waits until all is well, or until patience is over.
  public Outcome run(Scene scene) {
    progress.accept(scene.what());
    faults.clear();
    long began = System.nanoTime();
    String notes =
        switch (scene) {
          case CREATE -> create();
          case CHURN -> churn();
          case HOST_AWAY -> hostAway();
          case KILLED -> killed();
          case RESTARTED -> restarted();
          case BURST -> burst();
          case BURST_HALF -> burstHalf();
          case END -> end();
        };
    Duration acted = since(began);
    Duration settled = settle(scene.what());
    // Nothing may be wrong after a second thought either.
    supervisor.pause(size.monitorPeriod().multipliedBy(3));
    faults.addAll(look());
    faults.addAll(vips.takeFaults());
    faults.addAll(supervisor.takeFaults());
    int restarts = supervisor.takeRestarts();
    var outcome =
        new Outcome(
            scene,
            acted,
            settled,
            fleet.services(),
            fleet.nodes(),
            notes
                + (restarts == 0 ? "" : "; " + restarts + " programs that lost a lease restarted"),
            faults);
    progress.accept(outcome.row());
    outcome.faults().stream().limit(50).forEach(progress);
    return outcome;
  }

  private String create() {
    fleet.create(size.services(), size.nodes());
    return size.services() + " Services, " + size.nodes() + " nodes";
  }

  private String churn() {
    int some = size.some();
    for (int round = 0; round < size.rounds(); round++) {
      List<Integer> chosen = fleet.someNodes(5 * some);
      List<Integer> removed = chosen.subList(0, some);
      List<Integer> stopped = chosen.subList(some, 2 * some);
      fleet.removeMachines(removed);
      fleet.ready(removed, false);
      fleet.powerOff(stopped);
      fleet.ready(stopped, false);
      List<String> old = fleet.someServices(some);
      fleet.addServices(some);
      fleet.addNodes(some);
      fleet.removeServices(old);
      fleet.mark(chosen.subList(2 * some, 3 * some));
      fleet.askForInitialisation(chosen.subList(3 * some, 4 * some));
      fleet.registerAgain(chosen.subList(4 * some, 5 * some));
      awaitTainted(stopped);
      fleet.powerOn(stopped);
      fleet.ready(stopped, true);
      awaitGone(removed);
      fleet.makeAgain(removed.subList(0, some / 2));
      settle("round " + (round + 1));
    }
    return size.rounds() + " rounds, " + some + " of each kind";
  }

  private String hostAway() {
    int some = size.some();
    List<Integer> chosen = fleet.someNodes(2 * some);
    List<Integer> removed = chosen.subList(0, some);
    List<Integer> silent = chosen.subList(some, 2 * some);
    long pid = cloud.process(CCM).pid();
    fleet.removeMachines(removed);
    cloud.host().stop();
    fleet.ready(chosen, false);
    fleet.addServices(some);
    fleet.removeServices(fleet.someServices(some));
    supervisor.pause(size.outage());
    for (int number : chosen) {
      if (!fleet.nodeExists(number)) {
        faults.add("node " + number + " was deleted while the host was away");
      }
    }
    if (cloud.process(CCM).pid() != pid) {
      faults.add("ccm did not live through it");
    }
    fleet.ready(silent, true);
    cloud.host().start();
    return size.outage().toSeconds()
        + " s, "
        + some
        + " machines deleted just before, "
        + some
        + " other nodes silent, "
        + some
        + " Services made and deleted meanwhile";
  }

  private String killed() {
    int some = size.some();
    List<Integer> removed = fleet.someNodes(some);
    fleet.removeMachines(removed);
    fleet.ready(removed, false);
    for (int i = 0; i < size.kills(); i++) {
      cloud.process(CCM).kill();
      cloud.startCcm("1", flags());
      change();
      supervisor.pause(Duration.ofSeconds(1));
    }
    // With the lease of a killed one to wait for, few of these came to work. So now without.
    int whileWorking = Math.max(1, size.kills() / 2);
    for (int i = 0; i < whileWorking; i++) {
      cloud.process(CCM).kill();
      cloud.startCcm("1", flagsAnd("--leader-elect=false"));
      change();
      Await.until("ccm to be ready", PATIENCE, OpsPort.ccm(cloud, "1")::ready);
      change();
      supervisor.pause(Duration.ofMillis(dice.nextInt(500)));
    }
    cloud.process(CCM).kill();
    cloud.startCcm("1", flags());
    return size.kills()
        + " kills, one a second; "
        + whileWorking
        + " within 0.5 s of its first work";
  }

  private String restarted() {
    int some = size.some();
    List<Integer> removed = fleet.someNodes(some);
    fleet.removeMachines(removed);
    fleet.ready(removed, false);
    fleet.addServices(some);
    fleet.removeServices(fleet.someServices(some));
    fleet.addNodes(some);
    var both = List.of(cloud.host(), cloud.guest());
    Together.each(both, ControlPlane::crash);
    Together.each(both, ControlPlane::start);
    return some + " Services made, " + some + " deleted, " + some + " nodes each way";
  }

  private String burst() {
    for (int count : size.bursts()) {
      List<String> burst = fleet.addServices(count);
      settle("addresses of a burst of " + count);
      supervisor.pause(size.rest());
      fleet.removeServices(burst);
      settle("end of a burst of " + count);
    }
    return said(size.bursts()) + " Services, deleted " + size.rest().toSeconds() + " s later";
  }

  private String burstHalf() {
    for (int count : size.bursts()) {
      burstHalf(count);
    }
    return said(size.bursts()) + " Services";
  }

  private void burstHalf(int count) {
    int half = count / 2;
    var burst = new ArrayList<>(fleet.addServices(half));
    settle("addresses of half a burst of " + count);
    cloud.process(CONTROLLER).freeze();
    List<String> without = fleet.addServices(half);
    if (!supervisor.until(
        size.patience(), () -> fleet.reservationsWithoutAddress(without) == half)) {
      faults.add("not all of the second half got as far as a LoadBalancer");
    }
    burst.addAll(without);
    fleet.removeServices(burst);
    cloud.process(CONTROLLER).thaw();
    settle("end of half a burst of " + count);
  }

  private static String said(List<Integer> counts) {
    return counts.stream().map(String::valueOf).collect(Collectors.joining(" and "));
  }

  private String end() {
    int all = fleet.services();
    fleet.removeServices(fleet.allServices());
    return all + " Services";
  }

  /// One Service more, one less.
  private void change() {
    List<String> old = fleet.someServices(1);
    fleet.addServices(1);
    fleet.removeServices(old);
  }

  private void awaitTainted(List<Integer> numbers) {
    if (!supervisor.until(size.patience(), () -> fleet.areShutDown(numbers))) {
      faults.add("nodes of machines that are shut down did not get the taint");
    }
  }

  private void awaitGone(List<Integer> numbers) {
    if (!supervisor.until(size.patience(), () -> numbers.stream().noneMatch(fleet::nodeExists))) {
      faults.add("nodes of deleted machines did not go");
    }
  }

  /// @return how long it took
  private Duration settle(String what) {
    long began = System.nanoTime();
    if (supervisor.until(size.patience(), () -> look().isEmpty())) {
      fleet.keep(Snapshot.of(cloud));
    } else {
      faults.add("not all was well within " + size.patience() + " after: " + what);
    }
    return since(began);
  }

  private List<String> look() {
    try {
      return Faults.of(fleet.expected(), Snapshot.of(cloud));
    } catch (LabException | KubeApi.ApiFailure e) {
      return List.of("no answer: " + e.getMessage());
    }
  }

  private List<String> flags() {
    var flags = new ArrayList<>(lease());
    flags.add("--node-monitor-period=" + size.monitorPeriod().toMillis() + "ms");
    return flags;
  }

  private List<String> lease() {
    long millis = size.lease().toMillis();
    return List.of(
        "--leader-elect-lease-duration=" + millis + "ms",
        "--leader-elect-renew-deadline=" + millis * 2 / 3 + "ms",
        "--leader-elect-retry-period=" + millis * 2 / 15 + "ms");
  }

  private List<String> flagsAnd(String another) {
    var all = new ArrayList<>(flags());
    all.add(another);
    return all;
  }

  private static Duration since(long began) {
    return Duration.ofNanos(System.nanoTime() - began);
  }
}
