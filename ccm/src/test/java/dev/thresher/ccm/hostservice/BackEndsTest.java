package dev.thresher.ccm.hostservice;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.ccm.hostservice.BackEnd.State;
import dev.thresher.ccm.hostservice.Machines.Machine;
import dev.thresher.runtime.informer.Change;
import io.kubernetes.client.openapi.models.V1Node;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackEndsTest {

  private static final String READY =
      "'status': {'phase': 'Running', 'nodeName': 'h1', 'conditions': [{'type': 'Ready', 'status':"
          + " 'True'}]}";

  private static VirtualMachineInstance instance(String name, String rest) {
    return LenientJson.gson()
        .fromJson(
            JsonParser.parseString(
                ("{'metadata': {'name': '%1$s', 'uid': 'uid-%1$s'}, 'spec': {}, " + rest + "}")
                    .replace("%1$s", name)),
            VirtualMachineInstance.class);
  }

  private static V1Node node(String name, String ready) {
    return LenientJson.gson()
        .fromJson(
            "{'metadata': {'name': '"
                + name
                + "'}, 'status': {'conditions': [{'type': 'Ready', 'status': '"
                + ready
                + "'}]}}",
            V1Node.class);
  }

  private static List<BackEnd> of(Map<String, VirtualMachineInstance> machines, V1Node... nodes) {
    return BackEnds.of(
        List.of(nodes),
        node ->
            Optional.ofNullable(machines.get(node.getMetadata().getName()))
                .map(i -> new Machine(i, List.of(IpAddress.parse("10.0.0.1")))),
        Optional.empty(),
        Map.of());
  }

  /// What one machine gets beside another that is well.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          'status': {'phase': 'Running'}                                                       | True    | READY
          'status': {'phase': 'Running', 'conditions': [{'type': 'Ready', 'status': 'True'}]}  | True    | READY
          'status': {'phase': 'Running', 'conditions': [{'type': 'Ready', 'status': 'False'}]} | True    | NOT_READY
          'status': {'phase': 'Running', 'conditions': [{'type': 'Ready', 'status': 'True'}]}  | Unknown | NOT_READY
          'status': {'phase': 'Running', 'conditions': [{'type': 'Ready', 'status': 'True'}]}  | False   | NOT_READY
          'status': {'phase': 'Running', 'conditions': [{'type': 'Paused', 'status': 'True'}]} | True    | NOT_READY
          'status': {'phase': 'Running', 'migrationState': {}, 'conditions': [{'type': 'Ready', 'status': 'False'}]} | True | READY
          'status': {'phase': 'Running', 'migrationState': {'completed': true}, 'conditions': [{'type': 'Ready', 'status': 'False'}]} | True | NOT_READY
          'status': {'phase': 'Running', 'migrationState': {'failed': true}, 'conditions': [{'type': 'Ready', 'status': 'False'}]} | True | NOT_READY
          'status': {'phase': 'Scheduling'}                                                    | True    | absent
          'status': {'phase': 'Succeeded'}                                                     | True    | absent
          'status': {'phase': 'Failed'}                                                        | True    | absent
          'status': {'phase': ''}                                                              | True    | absent
          'kind': 'x'                                                                          | True    | absent
          """)
  void stateOfOneMachine(String rest, String nodeReady, String wanted) {
    List<BackEnd> backEnds =
        of(
            Map.of("well", instance("well", READY), "it", instance("it", rest)),
            node("well", "True"),
            node("it", nodeReady));
    assertThat(
            backEnds.stream()
                .filter(backEnd -> backEnd.name().equals("it"))
                .map(backEnd -> backEnd.state().toString())
                .findFirst()
                .orElse("absent"))
        .isEqualTo(wanted);
  }

  @Test
  void oneThatIsBeingDeletedFinishesWhatItBegan() {
    var going = instance("it", READY);
    going.getMetadata().setDeletionTimestamp(OffsetDateTime.parse("2026-01-01T00:00:00Z"));
    assertThat(of(Map.of("it", going), node("it", "True")))
        .extracting(BackEnd::state)
        .containsExactly(State.DRAINING);
  }

  @Test
  void whenNobodyIsReadyAllThatRunAreAsked() {
    String bad =
        "'status': {'phase': 'Running', 'conditions': [{'type': 'Ready', 'status': 'False'}]}";
    assertThat(
            of(
                Map.of("a", instance("a", bad), "b", instance("b", bad)),
                node("a", "True"),
                node("b", "Unknown")))
        .extracting(BackEnd::state)
        .containsExactly(State.READY, State.READY);
  }

  @Test
  void aMachineWithoutAddressKeepsTheOneItHad() {
    List<BackEnd> backEnds =
        BackEnds.of(
            List.of(node("it", "True")),
            _ -> Optional.of(new Machine(instance("it", READY), List.of())),
            Optional.empty(),
            Map.of("uid-it", Map.of(IpFamily.IPV4, IpAddress.parse("10.0.0.9"))));
    assertThat(backEnds).hasSize(1);
    assertThat(backEnds.getFirst().address(IpFamily.IPV4)).contains(IpAddress.parse("10.0.0.9"));
  }

  @Test
  void withoutAnyAddressItIsNoBackEnd() {
    assertThat(
            BackEnds.of(
                List.of(node("it", "True")),
                _ -> Optional.of(new Machine(instance("it", READY), List.of())),
                Optional.empty(),
                Map.of()))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          'status': {'phase': 'Running', 'nodeName': 'h1'}                                         | false
          'status': {'phase': 'Running', 'nodeName': 'h1', 'guestOSInfo': {'name': 'x'}}           | false
          'status': {'phase': 'Running', 'nodeName': 'h2'}                                         | true
          'status': {'phase': 'Failed', 'nodeName': 'h1'}                                          | true
          'status': {'phase': 'Running', 'nodeName': 'h1', 'migrationState': {}}                   | true
          'status': {'phase': 'Running', 'nodeName': 'h1', 'interfaces': [{'ipAddress': '10.0.0.1'}]} | true
          'status': {'phase': 'Running', 'nodeName': 'h1', 'conditions': [{'type': 'Paused', 'status': 'True'}]} | true
          """)
  void onlyChangesThatMatterWakeServicesUp(String rest, boolean wanted) {
    var before = instance("it", "'status': {'phase': 'Running', 'nodeName': 'h1'}");
    assertThat(WakeUps.machineMatters(new Change.Updated<>(before, instance("it", rest))))
        .isEqualTo(wanted);
  }
}
