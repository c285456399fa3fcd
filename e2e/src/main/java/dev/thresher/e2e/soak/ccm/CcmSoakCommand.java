package dev.thresher.e2e.soak.ccm;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.soak.Page;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hack/soak ccm`.
@Command(
    name = "ccm",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    description =
        "ccm and loadbalancer-controller; nodes are objects only, no VIP manager takes part.")
public final class CcmSoakCommand implements Callable<Integer> {

  @Option(names = "--short", description = "The form that the tests run, a minute or so.")
  private boolean isShort;

  @Option(names = "--seed", description = "Of all choices. Default: a new one, which is printed.")
  private long seed = ThreadLocalRandom.current().nextLong(1, 1_000_000);

  @Option(
      names = "--outage",
      paramLabel = "S",
      description = "Seconds for which the host is away. Default: 600, with --short 5.")
  private int outage;

  @Option(
      names = "--kills",
      paramLabel = "N",
      description =
          "Kills of the ccm, one a second, and half as many more while it works. Default: 120, with --short 4.")
  private int kills;

  @Option(
      names = "--scene",
      split = ",",
      description = "Only these, in the usual order: ${COMPLETION-CANDIDATES}. Default: all.")
  private List<Scene> scenes = List.of(Scene.values());

  @Override
  public Integer call() {
    Size usual = isShort ? Size.SHORT : Size.LONG;
    Size size =
        usual.with(
            outage > 0 ? Duration.ofSeconds(outage) : usual.outage(),
            kills > 0 ? kills : usual.kills());
    System.out.println(
        Page.head(
                "ccm"
                    + (isShort ? " --short" : "")
                    + " --seed="
                    + seed
                    + (outage > 0 ? " --outage=" + outage : "")
                    + (kills > 0 ? " --kills=" + kills : ""))
            + "\n"
            + Outcome.HEADER);
    var outcomes = new ArrayList<Outcome>();
    try (Lab lab =
        Lab.builder()
            .hostNodes(1)
            .guest(Cloud.GUEST, g -> g.vms(0))
            .progress(Page::progress)
            .start()) {
      try (var soak =
          new CcmSoak(Cloud.prepare(lab, Placement.GUEST), size, seed, Page::progress)) {
        for (Scene scene : Scene.values()) {
          if (scenes.contains(scene)) {
            Outcome outcome = soak.run(scene);
            outcomes.add(outcome);
            System.out.println(outcome.row());
            System.out.flush();
          }
        }
      } catch (RuntimeException e) {
        lab.keepLogs();
        throw e;
      }
      if (outcomes.stream().anyMatch(outcome -> !outcome.faults().isEmpty())) {
        lab.keepLogs();
      }
    }
    List<String> faults = outcomes.stream().flatMap(o -> o.faults().stream()).toList();
    return Page.end(faults);
  }
}
