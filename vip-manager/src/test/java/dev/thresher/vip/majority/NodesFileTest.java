package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.election.Serves;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodesFileTest {

  private static final NodeLinks LINKS =
      new NodeLinks(
              "eth0",
              List.of(
                  new NodeLinks.NodeLink(
                      "eth0",
                      List.of(Prefix.parse("192.0.2.7/24"), Prefix.parse("2001:db8::7/64")),
                      true,
                      false)))
          .withServes(new Serves(true, false));

  @TempDir Path directory;

  private static NodeLease node(String name, NodeLinks links) {
    return NodeLease.heard(
        name,
        "abc",
        List.of(
            new InetSocketAddress(InetAddresses.forString("192.0.2.7"), 10263),
            new InetSocketAddress(InetAddresses.forString("2001:db8::7"), 10263)),
        links);
  }

  private Path path() {
    return directory.resolve("state/nodes.json");
  }

  @Test
  void aStartFindsWhatWasKnownBefore() throws IOException {
    new NodesFile(directory.resolve("state")).keep(List.of(node("n2", LINKS), node("n1", LINKS)));
    var read = new NodesFile(directory.resolve("state")).read();
    assertThat(read).containsOnlyKeys("n1", "n2");
    assertThat(read.values()).extracting(NodeLease::mesh).containsOnly(node("n1", LINKS).mesh());
    assertThat(read.values()).extracting(NodeLease::links).containsOnly(LINKS);
  }

  /// Whether a server was well, or a node was being drained, is not known after a restart.
  @Test
  void whatDoesNotLastIsNotKept() throws IOException {
    new NodesFile(directory.resolve("state"))
        .keep(List.of(node("n1", LINKS.withControlPlane(true).withDraining(true))));
    assertThat(new NodesFile(directory.resolve("state")).read().values())
        .extracting(NodeLease::links)
        .containsExactly(LINKS);
  }

  @Test
  void nothingIsWrittenWhereNothingChanged() throws IOException {
    var file = new NodesFile(directory.resolve("state"));
    file.keep(List.of(node("n1", LINKS)));
    FileTime then = FileTime.fromMillis(1_000);
    Files.setLastModifiedTime(path(), then);
    file.keep(List.of(node("n1", LINKS.withControlPlane(true))));
    assertThat(Files.getLastModifiedTime(path())).isEqualTo(then);
    file.keep(List.of(node("n3", LINKS)));
    assertThat(new NodesFile(directory.resolve("state")).read()).containsOnlyKeys("n3");
  }

  /// It is no reason not to start: the API server says the same.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"n1\": 1}",
        "{\"n1\": {}}",
        "{\"n1\": {\"mesh\": \"nowhere\", \"links\": \"{}\"}}",
        "{\"n1\": {\"mesh\": \"192.0.2.7:10263\", \"links\": \"[]\"}}",
        "{\"n1\": {\"mesh\": \"192.0.2.7:99999\", \"links\": \"{}\"}}"
      })
  void whatIsNoSuchFileIsAsIfThereWereNone(String text) throws IOException {
    var file = new NodesFile(directory.resolve("state"));
    assertThat(file.read()).isEmpty();
    Files.writeString(path(), text);
    assertThat(file.read()).isEmpty();
    file.keep(List.of(node("n1", LINKS)));
    assertThat(file.read()).containsOnlyKeys("n1");
  }

  @Test
  void whatCannotBeWrittenIsTriedAgain() throws IOException {
    var file = new NodesFile(directory.resolve("state"));
    Files.createDirectory(directory.resolve("state/nodes.json.next"));
    file.keep(List.of(node("n1", LINKS)));
    assertThat(path()).doesNotExist();
    Files.delete(directory.resolve("state/nodes.json.next"));
    file.keep(List.of(node("n1", LINKS)));
    assertThat(file.read()).containsOnlyKeys("n1");
  }
}
