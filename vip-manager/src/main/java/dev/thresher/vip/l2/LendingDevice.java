package dev.thresher.vip.l2;

import dev.thresher.vip.linux.LentAddresses;
import dev.thresher.vip.linux.LentAddresses.Place;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.SystemResult;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Addresses on an interface that is not ours, lent again and again by a thread of this. When that
/// ends, in whatever way, the kernel takes them back within a few seconds, and says nothing under
/// them until then; see [RestTables].
final class LendingDevice implements NodeDevice {
  private static final Logger LOG = LoggerFactory.getLogger(LendingDevice.class);

  /// Linux looks for addresses whose time is over about once a second.
  private static final Duration TIME = Duration.ofSeconds(2);

  private static final Duration PERIOD = Duration.ofMillis(500);

  private final String where;
  private final Function<Link, Place> choice;
  private final LentAddresses addresses;
  private final RestTables tables;
  private final Thread thread;

  /// Guards all below, and every message to the kernel.
  private final Object lock = new Object();

  private final Map<InetAddress, Place> lent = new HashMap<>();
  private boolean closed;
  private boolean saidFailure;

  private LendingDevice(
      String where, Function<Link, Place> choice, LentAddresses addresses, RestTables tables) {
    this.where = where;
    this.choice = choice;
    this.addresses = addresses;
    this.tables = tables;
    this.thread = Thread.ofPlatform().daemon().name("lend").unstarted(this::run);
  }

  /// @param choice the interface that gets an address, by the one on which it is answered
  static SystemResult<NodeDevice> open(String where, Function<Link, Place> choice) {
    return switch (LentAddresses.open()) {
      case SystemResult.Failed<LentAddresses> failed -> failed.as();
      case SystemResult.Ok<LentAddresses>(LentAddresses lending) ->
          switch (RestTables.open()) {
            case SystemResult.Failed<RestTables> failed -> {
              lending.close();
              yield failed.as();
            }
            case SystemResult.Ok<RestTables>(RestTables tables) -> {
              LendingDevice device = new LendingDevice(where, choice, lending, tables);
              device.thread.start();
              yield new SystemResult.Ok<>(device);
            }
          };
    };
  }

  @Override
  public String where() {
    return where;
  }

  @Override
  public SystemResult<Integer> add(InetAddress address, Link on) {
    synchronized (lock) {
      Place place = choice.apply(on);
      SystemResult<Integer> silent = tables.rest(Set.of(address));
      if (silent instanceof SystemResult.Failed<Integer>) {
        return silent;
      }
      SystemResult<Integer> result = addresses.lend(place, address, TIME);
      if (!(result instanceof SystemResult.Failed<Integer>)) {
        lent.put(address, place);
      }
      return result;
    }
  }

  @Override
  public SystemResult<Integer> remove(InetAddress address) {
    synchronized (lock) {
      Place place = lent.remove(address);
      return place == null ? new SystemResult.Ok<>(0) : addresses.takeBack(place, address);
    }
  }

  @Override
  public SystemResult<Boolean> restore(InetAddress address, LinuxNetwork now) {
    synchronized (lock) {
      Place place = lent.get(address);
      if (place == null || now.hasAt(place.index(), address)) {
        return new SystemResult.Ok<>(false);
      }
      SystemResult<Integer> silent = tables.rest(Set.of(address));
      return silent instanceof SystemResult.Failed<Integer> failed
          ? failed.as()
          : NodeDevice.unlessPresent(addresses.lend(place, address, TIME));
    }
  }

  private void run() {
    while (true) {
      LockSupport.parkNanos(PERIOD.toNanos());
      synchronized (lock) {
        if (closed) {
          return;
        }
        again();
      }
    }
  }

  private void again() {
    if (lent.isEmpty()) {
      return;
    }
    // In this order: what is lent is silent for longer.
    SystemResult<Integer> result = tables.rest(lent.keySet());
    if (!(result instanceof SystemResult.Failed<Integer>)) {
      for (Map.Entry<InetAddress, Place> entry : lent.entrySet()) {
        SystemResult<Integer> each = addresses.again(entry.getValue(), entry.getKey(), TIME);
        result = each instanceof SystemResult.Failed<Integer> ? each : result;
      }
    }
    boolean failed = result instanceof SystemResult.Failed<Integer>;
    if (failed && !saidFailure) {
      LOG.atError()
          .addKeyValue("where", where)
          .addKeyValue("reason", result)
          .log("an address of the control plane cannot be lent again and ends in seconds");
    }
    saidFailure = failed;
  }

  @Override
  public void close() {
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      boolean all = true;
      for (Map.Entry<InetAddress, Place> entry : lent.entrySet()) {
        if (addresses.takeBack(entry.getValue(), entry.getKey())
            instanceof SystemResult.Failed<Integer> failed) {
          all = false;
          LOG.atWarn()
              .addKeyValue("address", entry.getKey().getHostAddress())
              .addKeyValue("reason", failed)
              .log("the kernel takes this address back by itself in seconds");
        }
      }
      lent.clear();
      if (all) {
        tables.remove();
      }
      tables.close();
      addresses.close();
    }
    LockSupport.unpark(thread);
  }
}
