package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.vip.app.VotersCommand.Asked;
import dev.thresher.vip.lease.VoterRecord;
import dev.thresher.vip.majority.ForcedVoters;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VotersCommandTest {

  private final FakeStore store = new FakeStore();
  private final ForcedVoters voters = voters(Optional.empty());

  private ForcedVoters voters(Optional<VoterRecord> kept) {
    return new ForcedVoters(new FakeKubeApi(store), "kube-system", kept);
  }

  private static Optional<VoterRecord> kept(long cluster, long version) {
    return Optional.of(
        new VoterRecord(
            cluster,
            version,
            new TreeSet<>(List.of("a", "b", "c")),
            false,
            Duration.ofMillis(400),
            Duration.ofMillis(1_500)));
  }

  private void record() {
    store.put(
        CoreTypes.LEASE,
        new V1Lease()
            .metadata(
                new V1ObjectMeta()
                    .name(OwnershipNames.VOTERS_LEASE)
                    .namespace("kube-system")
                    .annotations(
                        Map.of(
                            OwnershipNames.VOTERS,
                            "{\"cluster\":\"7\",\"version\":4,\"voters\":[\"a\",\"b\",\"c\"],"
                                + "\"witness\":false,\"leaseMillis\":400,"
                                + "\"longestLeaseMillis\":1500}"))));
  }

  @Test
  void showsTheRecord() {
    assertThat(VotersCommand.answer(Asked.of(List.of()), voters))
        .isEqualTo("no record of voters\n");
    record();
    assertThat(VotersCommand.answer(Asked.of(List.of("--namespace", "x")), voters))
        .isEqualTo("version 4, voters a,b,c, lease 400 ms, at most 1500 ms\n");
  }

  @Test
  void replacesVotersThatAreGone() {
    record();
    Asked two = Asked.of(List.of("force", "d,a", "--others-are-off"));
    assertThat(VotersCommand.answer(two, voters))
        .isEqualTo(
            "forced: version 1004, voters a,d and the witness, lease 400 ms, at most 1500 ms\n");
    Asked one = Asked.of(List.of("force", "a", "--others-are-off"));
    assertThat(VotersCommand.answer(one, voters)).startsWith("forced: version 2004, voters a, ");
    assertThat(voters.present().orElseThrow().cluster()).isEqualTo(7);
  }

  @Test
  void doesNotFoundARecord() {
    assertThatIllegalStateException()
        .isThrownBy(() -> voters.force(new TreeSet<>(List.of("a"))))
        .withMessageContaining("--bootstrap");
  }

  @Test
  void aRecordThatTheApiServerLostIsWrittenAgainFromTheCopy() {
    assertThat(voters(kept(7, 12)).force(new TreeSet<>(List.of("a", "b", "c"))).version())
        .isEqualTo(1_012);
    assertThat(voters.present().orElseThrow().voters()).containsExactly("a", "b", "c");
  }

  @Test
  void anOlderRecordFromABackupIsOvertakenByTheCopy() {
    record();
    assertThat(voters(kept(7, 12)).force(new TreeSet<>(List.of("a"))).version()).isEqualTo(1_012);
    assertThat(voters(kept(7, 3)).force(new TreeSet<>(List.of("a"))).version()).isEqualTo(2_012);
  }

  @Test
  void twoFoundationsAreNotMixed() {
    record();
    assertThatIllegalStateException()
        .isThrownBy(() -> voters(kept(8, 12)).force(new TreeSet<>(List.of("a"))))
        .withMessageContaining("another foundation");
    assertThat(voters.present().orElseThrow().version()).isEqualTo(4);
  }

  private void put(String lease, String annotation, String value) {
    store.put(
        CoreTypes.LEASE,
        new V1Lease()
            .metadata(
                new V1ObjectMeta()
                    .name(lease)
                    .namespace("kube-system")
                    .annotations(Map.of(annotation, value))));
  }

  private Optional<String> annotation(String lease, String annotation) {
    return store
        .get(CoreTypes.LEASE, ObjectKey.of("kube-system", lease))
        .map(found -> found.getMetadata().getAnnotations())
        .map(annotations -> annotations.get(annotation));
  }

  /// Else the voters of before would be in force at the next change to a majority.
  @Test
  void theEndLeavesNeitherVotersNorAWitness() {
    record();
    put(OwnershipNames.HOLDERS_LEASE, OwnershipNames.CLOSED, "majority");
    put(OwnershipNames.WITNESS_LEASE, OwnershipNames.WITNESS, "7 4 a/1");
    Asked end = Asked.of(List.of("end", "--all-are-off"));
    assertThat(VotersCommand.answer(end, voters)).contains("vip_right=leases");
    assertThat(voters.present()).isEmpty();
    assertThat(annotation(OwnershipNames.VOTERS_LEASE, OwnershipNames.VOTERS)).isEmpty();
    assertThat(annotation(OwnershipNames.WITNESS_LEASE, OwnershipNames.WITNESS)).isEmpty();
    assertThat(annotation(OwnershipNames.HOLDERS_LEASE, OwnershipNames.CLOSED)).isEmpty();
    assertThat(VotersCommand.answer(end, voters)).isEqualTo("the right by Leases is not closed\n");
  }

  /// As an earlier version left them.
  @Test
  void theEndRemovesVotersAlsoWhereTheWayBackIsOpenAndTheyCannotBeRead() {
    put(OwnershipNames.VOTERS_LEASE, OwnershipNames.VOTERS, "what?");
    Asked end = Asked.of(List.of("end", "--all-are-off"));
    assertThat(VotersCommand.answer(end, voters)).contains("vip_right=leases");
    assertThat(voters.present()).isEmpty();
    assertThat(voters(kept(7, 12)).force(new TreeSet<>(List.of("a"))).version())
        .as("there is a Lease without a record")
        .isEqualTo(1_012);
    assertThat(voters.present().orElseThrow().version()).isEqualTo(1_012);
  }

  @Test
  void theCopyIsReadAndNoDirectoryIsMade(@TempDir Path directory) throws IOException {
    assertThat(ForcedVoters.kept(directory)).isEmpty();
    assertThat(ForcedVoters.kept(directory.resolve("none"))).isEmpty();
    assertThat(directory.resolve("none")).doesNotExist();
    Files.writeString(
        directory.resolve("voters.json"),
        "{\"cluster\":\"7\",\"version\":4,\"voters\":[\"a\"],\"witness\":false,"
            + "\"leaseMillis\":400,\"longestLeaseMillis\":1500}");
    assertThat(ForcedVoters.kept(directory).orElseThrow().version()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "remove a | unknown",
        "force | name the nodes",
        "force --others-are-off | name the nodes",
        "force a,,b --others-are-off | commas between",
        "force a | switch all of them off",
        "end | stop all of them",
      })
  void whatIsWrongIsRefused(String arguments, String message) {
    List<String> given = List.of(arguments.split(" "));
    assertThatThrownBy(() -> Asked.of(given)).hasMessageContaining(message);
  }
}
