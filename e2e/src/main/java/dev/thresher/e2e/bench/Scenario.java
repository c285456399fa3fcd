package dev.thresher.e2e.bench;

import dev.thresher.e2e.cloud.Cloud;
import java.util.EnumSet;
import java.util.Set;

/// What `hack/bench` measures, by the words of its command line.
enum Scenario {
  /// Guest Service created to first HTTP answer.
  first,
  /// The holder's process is killed.
  kill,
  /// The holder's process is stopped in order.
  stop,
  /// The holder's process stands still for a while.
  freeze,
  /// The holder's cable is cut for a while.
  cut,
  /// The API server stands still for minutes, and the holder is killed meanwhile.
  away,
  /// The processors do not pause for minutes.
  busy,
  /// Start of each program to ready, and its memory then.
  start,
  /// Many nodes and Services, hand-over and API requests of the ccm; no VIP manager takes part.
  ccm,
  /// Many load balancers on one pool of the loadbalancer-controller; nothing else takes part.
  pool,
  /// The loadbalancer-controller is killed in the middle of a burst on one pool; nothing else takes
  /// part.
  burst,
  /// Many addresses on three vip-managers; nothing else takes part.
  vip,
  /// What else may happen to one, three and five vip-managers; nothing else takes part.
  faults;

  /// They have labs of their own.
  static final Set<Scenario> ALONE = EnumSet.of(ccm, pool, burst, vip, faults);

  /// They are measured only when they are asked for.
  static final Set<Scenario> ON_REQUEST = EnumSet.of(freeze, cut, away, busy, burst, vip, faults);

  /// They end the holder of an address in some way.
  static final Set<Scenario> ENDINGS = EnumSet.of(kill, stop, freeze, cut);

  /// In which way.
  ///
  /// @throws IllegalArgumentException unless it is one of [#ENDINGS]
  Ending ending(Cloud cloud, Ending.Lasting lasting) {
    return switch (this) {
      case kill -> Ending.killed(cloud);
      case stop -> Ending.stopped(cloud);
      case freeze -> Ending.frozen(cloud, lasting.frozen());
      case cut -> Ending.cut(cloud, lasting.cut());
      case first, away, busy, start, ccm, pool, burst, vip, faults ->
          throw new IllegalArgumentException(this + " ends no holder: want one of " + ENDINGS);
    };
  }
}
