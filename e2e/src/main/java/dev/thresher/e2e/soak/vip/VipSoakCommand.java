package dev.thresher.e2e.soak.vip;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.soak.Page;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hack/soak vip`. What the observer saw and what was done goes to standard error.
@Command(
    name = "vip",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    description =
        "Addresses of Services, as a client sees them while nodes, cables and API servers fail.")
public final class VipSoakCommand implements Callable<Integer> {

  @Option(
      names = "--mishaps",
      defaultValue = "1000",
      description = "How many, one after the other. Default: ${DEFAULT-VALUE}.")
  private int mishaps;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "1440",
      description =
          "After so many no mishap begins any more. Default: ${DEFAULT-VALUE}, which is a day.")
  private int minutes;

  @Option(names = "--seed", description = "Of all choices. Default: a new one, which is printed.")
  private long seed = ThreadLocalRandom.current().nextLong(1, 1_000_000);

  @Option(
      names = "--services",
      defaultValue = "3",
      description = "That are there all the time. Default: ${DEFAULT-VALUE}.")
  private int services;

  @Option(
      names = "--nodes",
      defaultValue = "3",
      description =
          "VMs of the guest, three or more if a majority says. Default: ${DEFAULT-VALUE}.")
  private int nodes;

  @Option(
      names = "--pace",
      paramLabel = "MS",
      defaultValue = "10",
      description =
          "Milliseconds between two questions about an address. Default: ${DEFAULT-VALUE}.")
  private int pace;

  @Option(
      names = "--right",
      defaultValue = "majority",
      description =
          "What says who may hold an address: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private VipRight right = VipRight.MAJORITY;

  @Option(
      names = "--faults",
      split = ",",
      paramLabel = "KIND",
      description =
          "Kinds of mishaps: ${COMPLETION-CANDIDATES}. Default: all. With --faults=kill"
              + " --holders it is the run of a thousand kills.")
  private Set<Mishap> faults = EnumSet.allOf(Mishap.class);

  @Option(
      names = "--holders",
      description = "Let them befall nodes that hold an address only. Default: seven of ten.")
  private boolean holders;

  @Override
  public Integer call() {
    System.out.println(
        Page.head(
            "vip --mishaps=%d --seed=%d --services=%d --nodes=%d --pace=%d --right=%s%s%s"
                .formatted(
                    mishaps,
                    seed,
                    services,
                    nodes,
                    pace,
                    right.name().toLowerCase(Locale.ROOT),
                    faults.size() == Mishap.values().length ? "" : " --faults=" + names(),
                    holders ? " --holders" : "")));
    List<String> found;
    try (Lab lab =
        Lab.builder()
            .hostNodes(2)
            .guest(Cloud.GUEST, g -> g.vms(nodes))
            .progress(Page::progress)
            .start()) {
      Cloud cloud = Cloud.prepare(lab, Placement.GUEST);
      cloud.right(right);
      try (var soak =
          new VipSoak(
              cloud,
              new Plan(seed, mishaps, services, faults, holders),
              Duration.ofMillis(pace),
              Page::progress)) {
        found = soak.run(Duration.ofMinutes(minutes));
        soak.table().forEach(System.out::println);
      } catch (RuntimeException e) {
        lab.keepLogs();
        throw e;
      }
      if (!found.isEmpty()) {
        lab.keepLogs();
      }
    }
    return Page.end(found);
  }

  private String names() {
    return faults.stream()
        .sorted()
        .map(kind -> kind.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(","));
  }
}
