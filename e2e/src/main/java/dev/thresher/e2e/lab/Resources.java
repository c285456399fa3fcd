package dev.thresher.e2e.lab;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// The custom resource definitions that a cluster of the lab starts with.
final class Resources {
  /// Those of others that we talk to: KubeVirt and Multus.
  private static final String FOREIGN = "dev/thresher/e2e/lab/crds";

  /// Ours and Harvester's, rendered from the schema in api-types.
  private static final String OWN = "dev/thresher/api/crds";

  private static final Duration ESTABLISHED = Duration.ofSeconds(30);

  private Resources() {}

  static void onHost(KubeApi api) {
    var all = new ArrayList<>(definitions(FOREIGN));
    all.addAll(definitions(OWN));
    install(api, all, _ -> true);
  }

  /// A guest knows nothing of Harvester.
  static void onGuest(KubeApi api) {
    install(
        api,
        definitions(OWN),
        group -> group.equals("thresher.dev") || group.endsWith(".thresher.dev"));
  }

  private static void install(KubeApi api, List<JsonObject> definitions, Predicate<String> groups) {
    List<JsonObject> wanted =
        definitions.stream()
            .filter(d -> groups.test(Json.text(d, "spec", "group").orElse("")))
            .toList();
    wanted.forEach(api::apply);
    for (JsonObject definition : wanted) {
      String path = api.path(definition);
      Await.until(path + " to be established", ESTABLISHED, () -> established(api.get(path)));
    }
  }

  private static boolean established(JsonObject definition) {
    for (JsonElement element :
        Json.at(definition, "status", "conditions")
            // Null in a definition that was made just now.
            .filter(JsonElement::isJsonArray)
            .map(JsonElement::getAsJsonArray)
            .orElseGet(Json::array)) {
      JsonObject condition = element.getAsJsonObject();
      if (Json.text(condition, "type").orElse("").equals("Established")
          && Json.text(condition, "status").orElse("").equals("True")) {
        return true;
      }
    }
    return false;
  }

  private static List<JsonObject> definitions(String directory) {
    var definitions = new ArrayList<JsonObject>();
    try {
      for (URL place : Collections.list(Resources.class.getClassLoader().getResources(directory))) {
        if (place.openConnection() instanceof JarURLConnection inJar) {
          // By path and not by URI: of those there is one per process, and control planes start at
          // once.
          Path file = Path.of(inJar.getJarFileURL().toURI());
          try (FileSystem jar = FileSystems.newFileSystem(file)) {
            definitions.addAll(read(jar.getPath("/" + directory)));
          }
        } else {
          definitions.addAll(read(Path.of(place.toURI())));
        }
      }
    } catch (IOException | URISyntaxException e) {
      throw new LabException("cannot read " + directory + ": " + e.getMessage(), e);
    }
    return definitions;
  }

  private static List<JsonObject> read(Path directory) throws IOException {
    var definitions = new ArrayList<JsonObject>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
        var yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
        for (Object document : yaml.loadAll(Files.readString(file))) {
          if (document instanceof Map<?, ?> map
              && "CustomResourceDefinition".equals(map.get("kind"))) {
            definitions.add(Json.element(map).getAsJsonObject());
          }
        }
      }
    }
    return definitions;
  }
}
