package dev.thresher.vip.nodes;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.thresher.api.net.NodeNetworkSetting;
import dev.thresher.api.net.NodeNetworkSettingSpec;
import dev.thresher.vip.majority.DurableFile;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the `NodeNetworkSetting` says that was in force on this node last: a start that no API
/// server answers begins with it. Thread-safe.
public final class SettingsFile {

  private static final Logger LOG = LoggerFactory.getLogger(SettingsFile.class);
  private static final String NAME = "name";
  private static final String INTERFACES = "interfaces";
  private static final String IGNORE = "ignore";
  private static final String NONE = "{}";

  /// As the definition has it.
  private static final int NAMES_AT_MOST = 32;

  private final Path directory;
  private String written = NONE;
  private boolean failed;

  /// @param directory made if it is not there
  public SettingsFile(Path directory) {
    this.directory = directory;
  }

  /// What to begin with: what is in the file, or what the program was started with if there is none
  /// or it is no such file.
  public synchronized InterfaceSettings begun(InterfaceSettings started) {
    try {
      String text = file().read().orElse(NONE);
      Optional<NodeNetworkSetting> setting = parse(text);
      written = text;
      InterfaceSettings begun = setting.map(kept -> SettingRules.of(kept, started)).orElse(started);
      if (setting.isPresent()) {
        LOG.atInfo()
            .addKeyValue("setting", begun.source())
            .addKeyValue("interfaces", begun.used())
            .log("begun with the setting that was in force before the start");
      }
      return begun;
    } catch (IOException
        | IllegalArgumentException
        | IllegalStateException
        | UnsupportedOperationException
        | JsonParseException e) {
      LOG.atWarn()
          .addKeyValue("directory", directory)
          .addKeyValue("error", String.valueOf(e.getMessage()))
          .log("the setting that was in force before the start is not known");
      return started;
    }
  }

  /// Writes what is in force now, if that is something else. Blocks.
  synchronized void keep(Optional<NodeNetworkSetting> inForce) {
    String text = text(inForce);
    if (text.equals(written)) {
      return;
    }
    try {
      file().write(text);
      written = text;
      failed = false;
    } catch (IOException e) {
      if (!failed) {
        failed = true;
        LOG.atWarn()
            .addKeyValue("directory", directory)
            .addKeyValue("error", String.valueOf(e.getMessage()))
            .log(
                "the setting in force is not written down: without any API server the next start"
                    + " begins with another; trying again when it changes");
      }
    }
  }

  private DurableFile file() throws IOException {
    return DurableFile.in(directory, "settings.json");
  }

  private static String text(Optional<NodeNetworkSetting> inForce) {
    JsonObject json = new JsonObject();
    inForce.ifPresent(setting -> {
      NodeNetworkSettingSpec spec = SettingRules.spec(setting);
      json.addProperty(NAME, SettingRules.name(setting));
      json.add(INTERFACES, texts(spec.getInterfaces()));
      json.add(IGNORE, texts(spec.getIgnore()));
    });
    return json.toString();
  }

  private static JsonArray texts(List<String> names) {
    JsonArray array = new JsonArray();
    names.forEach(array::add);
    return array;
  }

  private static Optional<NodeNetworkSetting> parse(String text) {
    JsonObject json = JsonParser.parseString(text).getAsJsonObject();
    if (json.isEmpty()) {
      return Optional.empty();
    }
    NodeNetworkSettingSpec spec = new NodeNetworkSettingSpec();
    spec.setInterfaces(names(json, INTERFACES));
    spec.setIgnore(names(json, IGNORE));
    NodeNetworkSetting setting = new NodeNetworkSetting();
    setting.setMetadata(new V1ObjectMeta().name(want(json, NAME).getAsString()));
    setting.setSpec(spec);
    return Optional.of(setting);
  }

  private static List<String> names(JsonObject json, String field) {
    List<String> names = new ArrayList<>();
    for (JsonElement name : want(json, field).getAsJsonArray()) {
      if (!name.getAsString().matches("[^,/\\s]{1,32}")) {
        throw new IllegalArgumentException(field + " must be names of interfaces, found " + name);
      }
      names.add(name.getAsString());
    }
    if (names.size() > NAMES_AT_MOST) {
      throw new IllegalArgumentException(
          field + " must be at most " + NAMES_AT_MOST + " names, found " + names.size());
    }
    return names;
  }

  private static JsonElement want(JsonObject json, String field) {
    if (!json.has(field)) {
      throw new IllegalArgumentException(field + " is missing");
    }
    return json.get(field);
  }
}
