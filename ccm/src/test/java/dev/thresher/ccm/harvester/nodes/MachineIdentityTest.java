package dev.thresher.ccm.harvester.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1NodeSystemInfo;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MachineIdentityTest {

  private record Known(VirtualMachine machine, String hostname, String uuid) {}

  private record Few(List<Known> known) implements Machines {
    @Override
    public Optional<VirtualMachine> byUid(String uid) {
      return all().filter(m -> uid.equals(m.getMetadata().getUid())).findFirst();
    }

    @Override
    public Optional<VirtualMachine> byName(String name) {
      return all().filter(m -> name.equals(m.getMetadata().getName())).findFirst();
    }

    @Override
    public List<VirtualMachine> byHostname(String hostname) {
      return known.stream()
          .filter(k -> hostname.equalsIgnoreCase(k.hostname()))
          .map(Known::machine)
          .toList();
    }

    @Override
    public Optional<VirtualMachineInstance> leftOf(String uid, String systemUuid) {
      return uid.equals("left") ? Optional.of(new VirtualMachineInstance()) : Optional.empty();
    }

    @Override
    public List<VirtualMachine> bySystemUuid(String uuid) {
      return known.stream()
          .filter(k -> uuid.equalsIgnoreCase(k.uuid()))
          .map(Known::machine)
          .toList();
    }

    @Override
    public Optional<VirtualMachineInstance> instanceOf(VirtualMachine machine) {
      return Optional.empty();
    }

    private Stream<VirtualMachine> all() {
      return known.stream().map(Known::machine);
    }
  }

  private static Known vm(String name, String uid, String uuid) {
    return vm(name, uid, "", uuid);
  }

  private static Known vm(String name, String uid, String hostname, String uuid) {
    VirtualMachine machine = new VirtualMachine();
    machine.setMetadata(new V1ObjectMeta().name(name).uid(uid));
    return new Known(machine, hostname, uuid);
  }

  private static V1Node node(String name, String providerId, String systemUuid) {
    return new V1Node()
        .metadata(new V1ObjectMeta().name(name))
        .spec(new V1NodeSpec().providerID(providerId.isEmpty() ? null : providerId))
        .status(new V1NodeStatus().nodeInfo(new V1NodeSystemInfo().systemUUID(systemUuid)));
  }

  private static MachineIdentity of(V1Node node, Known... known) {
    return MachineIdentity.of(node, new Few(List.of(known)));
  }

  private static String found(MachineIdentity identity) {
    return ((MachineIdentity.Machine) identity).machine().getMetadata().getUid();
  }

  @Test
  void providerIdComesBeforeTheName() {
    assertThat(
            found(of(node("n1", "harvester://u2", ""), vm("n1", "u1", ""), vm("other", "u2", ""))))
        .isEqualTo("u2");
  }

  @Test
  void aMachineMadeAgainUnderTheSameNameIsAnother() {
    assertThat(of(node("n1", "harvester://u1", "a"), vm("n1", "u2", "a")))
        .isInstanceOfSatisfying(
            MachineIdentity.Gone.class, gone -> assertThat(gone.why()).contains("u1"));
  }

  @Test
  void nameServesWithoutAProviderId() {
    assertThat(found(of(node("n1", "", ""), vm("n1", "u1", "")))).isEqualTo("u1");
  }

  @Test
  void systemUuidServesWhenTheNameDoesNot() {
    assertThat(found(of(node("host-7", "", "ABCD-1"), vm("n1", "u1", "abcd-1")))).isEqualTo("u1");
  }

  @Test
  void nameAndUuidOfOneMachineAreOneMachine() {
    assertThat(found(of(node("n1", "", "a"), vm("n1", "u1", "a")))).isEqualTo("u1");
  }

  @Test
  void nameOfOneAndUuidOfAnotherIsAmbiguous() {
    assertThat(of(node("n1", "", "b"), vm("n1", "u1", "a"), vm("n2", "u2", "b")))
        .isInstanceOfSatisfying(
            MachineIdentity.Ambiguous.class,
            ambiguous -> assertThat(ambiguous.why()).contains("n1", "n2", "spec.providerID"));
  }

  @Test
  void anotherProvidersNodeIsNotOurs() {
    assertThat(of(node("n1", "aws:///i-1", ""), vm("n1", "u1", "")))
        .isInstanceOf(MachineIdentity.NotOurs.class);
  }

  @Test
  void aNodeWithoutMachineIsNotOurs() {
    assertThat(of(node("metal", "", "z"), vm("n1", "u1", "a")))
        .isInstanceOf(MachineIdentity.NotOurs.class);
  }

  @Test
  void aHostNameServesWhenNoMachineHasTheName() {
    assertThat(found(of(node("Host-7", "", ""), vm("n1", "u1", "host-7", "a")))).isEqualTo("u1");
  }

  @Test
  void twoMachinesOfOneHostNameAreAmbiguous() {
    assertThat(
            of(node("host-7", "", ""), vm("n1", "u1", "host-7", ""), vm("n2", "u2", "host-7", "")))
        .isInstanceOfSatisfying(
            MachineIdentity.Ambiguous.class,
            ambiguous -> assertThat(ambiguous.why()).contains("n1", "n2"));
  }

  @Test
  void theSystemUuidTellsMachinesOfOneHostNameApart() {
    assertThat(
            found(
                of(
                    node("host-7", "", "b"),
                    vm("n1", "u1", "host-7", "a"),
                    vm("n2", "u2", "host-7", "b"))))
        .isEqualTo("u2");
  }

  @Test
  void theNameTellsMachinesOfOneSystemUuidApart() {
    assertThat(found(of(node("n1", "", "a"), vm("n1", "u1", "a"), vm("n2", "u2", "a"))))
        .isEqualTo("u1");
  }

  @Test
  void nameOfOneAndHostNameOfAnotherIsAmbiguous() {
    assertThat(of(node("n1", "", ""), vm("n1", "u1", ""), vm("n2", "u2", "n1", "")))
        .isInstanceOf(MachineIdentity.Ambiguous.class);
  }

  @Test
  void aRunThatOutlivedItsMachineIsTheNodes() {
    assertThat(of(node("n1", "harvester://left", ""))).isInstanceOf(MachineIdentity.LeftRun.class);
  }
}
