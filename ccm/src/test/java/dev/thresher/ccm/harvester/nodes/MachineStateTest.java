package dev.thresher.ccm.harvester.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.json.LenientJson;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.ccm.cloudprovider.PowerState;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The table of `docs/design/machines-and-nodes.md`.
class MachineStateTest {

  private static Optional<VirtualMachine> machine(String strategy, String shown, String more) {
    return Optional.of(
        LenientJson.gson()
            .fromJson(
                """
                {"metadata": {"name": "n1", %s "uid": "u1"},
                 "spec": {%s "template": {}},
                 "status": {%s "ready": false, "printableStatus": "%s"}}
                """
                    .formatted(
                        more.equals("deleting")
                            ? "\"deletionTimestamp\": \"2026-01-01T00:00:00Z\","
                            : "",
                        spec(strategy),
                        more.equals("failing")
                            ? "\"startFailure\": {\"consecutiveFailCount\": 3},"
                            : "",
                        shown),
                VirtualMachine.class));
  }

  private static String spec(String strategy) {
    return switch (strategy) {
      case "" -> "";
      case "running:true" -> "\"running\": true,";
      case "running:false" -> "\"running\": false,";
      default -> "\"runStrategy\": \"" + strategy + "\",";
    };
  }

  private static VirtualMachineInstance instance(String phase, boolean deleting) {
    return json(
        """
        {"metadata": {"name": "n1"%s}, "spec": {}, "status": {"phase": "%s", "conditions": [
           {"type": "Ready", "status": "False"}, {"type": "Paused", "status": "True"}]}}
        """
            .formatted(deleting ? ", \"deletionTimestamp\": \"2026-01-01T00:00:00Z\"" : "", phase));
  }

  private static VirtualMachineInstance json(String text) {
    return LenientJson.gson().fromJson(text, VirtualMachineInstance.class);
  }

  private static String text(PowerState power) {
    return switch (power) {
      case PowerState.Running _ -> "runs";
      case PowerState.ShutDown _ -> "shut down";
      case PowerState.Undecided _ -> "undecided";
    };
  }

  @ParameterizedTest(name = "{0}: {1} {2} {3} {4}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # what            | strategy       | shown                   | machine  | run        | power
          running           | RerunOnFailure | Running                 |          | Running    | runs
          probe fails       | Always         | Running                 |          | Running    | runs
          paused            | RerunOnFailure | Paused                  |          | Running    | runs
          migrating         | RerunOnFailure | Migrating               |          | Running    | runs
          waits to sync     | Always         | Migrating               |          | WaitingForSync | runs
          booting, no phase | RerunOnFailure | Starting                |          | -          | runs
          booting           | RerunOnFailure | Starting                |          | Pending    | runs
          booting           | RerunOnFailure | Starting                |          | Scheduling | runs
          booting           | RerunOnFailure | Starting                |          | Scheduled  | runs
          no host for it    | Always         | ErrorUnschedulable      |          | Scheduling | runs
          halting           | Halted         | Stopping                |          | Running    | runs
          halting, deleted  | Halted         | Stopping                |          | Running-   | runs
          machine going     | Always         | Terminating             | deleting | Running-   | runs
          run left alone    |                |                         | none     | Running    | runs
          phase unknown     | Always         | Running                 |          | Unknown    | undecided
          phase of tomorrow | Halted         | Stopped                 |          | Hibernated | undecided
          halted            | Halted         | Stopped                 |          |            | shut down
          halted, ended     | Halted         | Stopped                 |          | Succeeded  | shut down
          halted, failed    | Halted         | Stopped                 |          | Failed     | shut down
          no strategy       |                | Stopped                 |          |            | shut down
          old boolean       | running:false  | Stopped                 |          |            | shut down
          old boolean       | running:true   | Starting                |          |            | runs
          nothing said      | RerunOnFailure |                         |          |            | shut down
          powered off       | RerunOnFailure | Stopped                 |          | Succeeded  | shut down
          stopped           | RerunOnFailure | Stopped                 |          |            | shut down
          failed, reruns    | RerunOnFailure | Stopped                 |          | Failed     | runs
          starting again    | RerunOnFailure | Starting                |          |            | runs
          crash loop        | RerunOnFailure | CrashLoopBackOff        |          |            | runs
          crash loop        | RerunOnFailure | CrashLoopBackOff        |          | Failed     | runs
          fails to start    | RerunOnFailure | Stopped                 | failing  |            | runs
          crash loop        | Always         | CrashLoopBackOff        | failing  | Failed     | runs
          guest powered off | Always         | Stopped                 |          | Succeeded  | runs
          between two runs  | Always         | Stopped                 |          |            | runs
          host lost         | Always         | Stopped                 |          | Failed     | runs
          no volume yet     | RerunOnFailure | WaitingForVolumeBinding |          |            | runs
          disk is imported  | RerunOnFailure | Provisioning            |          |            | runs
          no image          | Manual         | ErrImagePull            |          |            | runs
          stopped by hand   | Manual         | Stopped                 |          |            | shut down
          started by hand   | Manual         | Starting                |          |            | runs
          ended             | Manual         | Stopped                 |          | Succeeded  | shut down
          ended             | Manual         | Stopped                 |          | Failed     | shut down
          ran once          | Once           | Stopped                 |          | Succeeded  | shut down
          ran once          | Once           | Stopped                 |          | Failed     | shut down
          fails for good    | Halted         | CrashLoopBackOff        | failing  |            | shut down
          cache lags        | Halted         | Running                 |          |            | runs
          cache lags        | RerunOnFailure | Migrating               |          |            | runs
          receives          | WaitAsReceiver | WaitingForReceiver      |          |            | undecided
          unknown strategy  | Sometimes      | Stopped                 |          |            | undecided
          being deleted     | Always         | Terminating             | deleting |            | shut down
          being deleted     | Always         | Terminating             | deleting | Succeeded  | shut down
          run left, ended   |                |                         | none     | Failed     | shut down
          """)
  void tellsPower(
      String what, String strategy, String shown, String machine, String run, String power) {
    String runs = run == null ? "" : run;
    String phase = runs.equals("-") ? "" : runs.replace("-", "");
    Optional<VirtualMachine> vm =
        "none".equals(machine)
            ? Optional.empty()
            : machine(
                strategy == null ? "" : strategy,
                shown == null ? "" : shown,
                machine == null ? "" : machine);
    Optional<VirtualMachineInstance> vmi =
        runs.isEmpty()
            ? Optional.empty()
            : Optional.of(instance(phase, runs.length() > 1 && runs.endsWith("-")));
    assertThat(text(MachineState.power(vm, vmi))).isEqualTo(power);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|false",
        "{\"migrationState\":{\"startTimestamp\":\"2026-01-01T00:00:00Z\"}}|true",
        "{\"migrationState\":{\"completed\":true}}|false",
        "{\"migrationState\":{\"failed\":true}}|false",
        "{\"migrationState\":{\"endTimestamp\":\"2026-01-01T00:00:00Z\"}}|false"
      })
  void tellsMigrations(String status, boolean migrating) {
    assertThat(MachineState.isMigrating(json("{\"status\":" + status + "}"))).isEqualTo(migrating);
  }
}
