package dev.thresher.ccm.harvester.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.json.LenientJson;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.ccm.cloudprovider.PowerState;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MachineStateTest {

  private static PowerState power(String status) {
    VirtualMachine machine = new VirtualMachine();
    machine.setMetadata(new V1ObjectMeta().name("n1"));
    return MachineState.power(machine, Optional.of(instance(status)));
  }

  private static VirtualMachineInstance instance(String status) {
    return LenientJson.gson().fromJson("{\"status\":" + status + "}", VirtualMachineInstance.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Pending", "Scheduling", "Scheduled", "Running", "WaitingForSync"})
  void runsUntilItsEnd(String phase) {
    assertThat(power("{\"phase\":\"" + phase + "\"}")).isEqualTo(new PowerState.Running());
  }

  @Test
  void aPausedMachineRuns() {
    assertThat(
            power(
                """
                {"phase":"Running","conditions":[
                  {"type":"Paused","status":"True"},{"type":"Ready","status":"False"}]}
                """))
        .isEqualTo(new PowerState.Running());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Succeeded", "Failed"})
  void anEndedRunIsShutDown(String phase) {
    assertThat(power("{\"phase\":\"" + phase + "\"}")).isEqualTo(new PowerState.ShutDown());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Unknown", "SomethingNew"})
  void doesNotGuess(String phase) {
    assertThat(power("{\"phase\":\"" + phase + "\"}")).isInstanceOf(PowerState.Undecided.class);
  }

  @Test
  void aMachineWithoutARunIsShutDown() {
    assertThat(MachineState.power(new VirtualMachine(), Optional.empty()))
        .isEqualTo(new PowerState.ShutDown());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|false",
        "{\"migrationState\":{\"startTimestamp\":\"2026-01-01T00:00:00Z\"}}|true",
        "{\"migrationState\":{\"completed\":true}}|false"
      })
  void tellsMigrations(String status, boolean migrating) {
    assertThat(MachineState.isMigrating(instance(status))).isEqualTo(migrating);
  }
}
