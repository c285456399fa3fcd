package dev.thresher.vip.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.net.NodeNetworkSetting;
import dev.thresher.api.net.NodeNetworkSettingSpec;
import dev.thresher.vip.linux.InterfaceNames;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsFileTest {

  private static final InterfaceSettings STARTED =
      InterfaceSettings.started(InterfaceNames.parse("eth0"));

  @TempDir Path directory;

  private SettingsFile file() {
    return new SettingsFile(directory.resolve("state"));
  }

  private Path path() {
    return directory.resolve("state/settings.json");
  }

  private static Optional<NodeNetworkSetting> setting(List<String> interfaces) {
    NodeNetworkSettingSpec spec = new NodeNetworkSettingSpec();
    spec.setInterfaces(interfaces);
    NodeNetworkSetting setting = new NodeNetworkSetting();
    setting.setMetadata(new V1ObjectMeta().name("rack-1"));
    setting.setSpec(spec);
    return Optional.of(setting);
  }

  @Test
  void aStartBeginsWithWhatWasInForce() {
    assertThat(file().begun(STARTED)).isEqualTo(STARTED);
    file().keep(setting(List.of("bond0", "eth*")));
    assertThat(file().begun(STARTED))
        .isEqualTo(
            new InterfaceSettings(
                InterfaceNames.parse("bond0,eth*"), InterfaceSettings.CONTAINER_DEVICES, "rack-1"));
    SettingsFile again = file();
    again.begun(STARTED);
    again.keep(Optional.empty());
    assertThat(file().begun(STARTED)).as("it is not in force any more").isEqualTo(STARTED);
  }

  /// What a setting leaves open, the environment says, and may say something else now.
  @Test
  void whatItDoesNotSayIsAsStartedNow() {
    file().keep(setting(List.of()));
    assertThat(file().begun(STARTED).used()).isEqualTo(InterfaceNames.parse("eth0"));
    assertThat(file().begun(STARTED).source()).isEqualTo("rack-1");
  }

  @Test
  void nothingIsWrittenWhereNothingChanged() throws IOException {
    SettingsFile file = file();
    file.keep(Optional.empty());
    assertThat(path()).doesNotExist();
    file.keep(setting(List.of("bond0")));
    FileTime then = FileTime.fromMillis(1_000);
    Files.setLastModifiedTime(path(), then);
    file.keep(setting(List.of("bond0")));
    SettingsFile again = file();
    again.begun(STARTED);
    again.keep(setting(List.of("bond0")));
    assertThat(Files.getLastModifiedTime(path())).isEqualTo(then);
  }

  /// It is no reason not to start: the API server says the same.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"name\": \"a\"}",
        "{\"name\": \"a\", \"interfaces\": 1, \"ignore\": []}",
        "{\"name\": \"a\", \"interfaces\": [{}], \"ignore\": []}",
        "{\"name\": \"a\", \"interfaces\": [\"bond0 \"], \"ignore\": []}",
        "{\"name\": \"a\", \"interfaces\": [\"bond0\"]}"
      })
  void whatIsNoSuchFileIsAsIfThereWereNone(String text) throws IOException {
    Files.createDirectories(path().getParent());
    Files.writeString(path(), text);
    SettingsFile file = file();
    assertThat(file.begun(STARTED)).isEqualTo(STARTED);
    file.keep(setting(List.of("bond0")));
    assertThat(file.begun(STARTED).source()).isEqualTo("rack-1");
  }

  @Test
  void moreNamesThanASettingMayHaveAreNone() throws IOException {
    Files.createDirectories(path().getParent());
    for (int names : List.of(32, 33)) {
      Files.writeString(
          path(),
          "{\"name\": \"a\", \"ignore\": [], \"interfaces\": "
              + Collections.nCopies(names, "\"eth1\"")
              + "}");
      assertThat(file().begun(STARTED).source()).isEqualTo(names == 32 ? "a" : "");
    }
  }

  @Test
  void whatCannotBeWrittenIsTriedAgain() throws IOException {
    SettingsFile file = file();
    Files.createDirectories(path().resolveSibling("settings.json.next"));
    file.keep(setting(List.of("bond0")));
    assertThat(path()).doesNotExist();
    Files.delete(path().resolveSibling("settings.json.next"));
    file.keep(setting(List.of("bond0")));
    assertThat(path()).exists();
  }
}
