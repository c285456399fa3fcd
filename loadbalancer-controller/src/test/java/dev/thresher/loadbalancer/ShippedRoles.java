package dev.thresher.loadbalancer;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// The access rules in the chart.
public final class ShippedRoles {

  public static final Path FILE = Path.of("../charts/loadbalancer-controller/files/rbac.yaml");

  private ShippedRoles() {}

  /// `VERB RESOURCE` of every rule.
  public static List<String> allowed(String kind, String name) throws IOException {
    return allowed(FILE, kind, name);
  }

  /// `VERB RESOURCE` of every rule.
  public static List<String> allowed(Path file, String kind, String name) throws IOException {
    var yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    for (Object document : yaml.loadAll(Files.readString(file))) {
      var object = JsonParser.parseString(new com.google.gson.Gson().toJson(document));
      var role = object.getAsJsonObject();
      if (!role.get("kind").getAsString().equals(kind)
          || !role.getAsJsonObject("metadata").get("name").getAsString().equals(name)) {
        continue;
      }
      return role.getAsJsonArray("rules").asList().stream()
          .map(rule -> rule.getAsJsonObject())
          .flatMap(rule ->
              strings(rule.getAsJsonArray("verbs"))
                  .flatMap(verb ->
                      strings(rule.getAsJsonArray("resources"))
                          .map(resource ->
                              verb
                                  + " "
                                  + named(
                                      resource,
                                      rule.getAsJsonArray("apiGroups").get(0).getAsString()))))
          .toList();
    }
    throw new AssertionError("no " + kind + " " + name + " in " + file);
  }

  /// `plural.group/subresource`, as calls are named.
  private static String named(String resource, String group) {
    if (group.isEmpty()) {
      return resource;
    }
    int slash = resource.indexOf('/');
    return slash < 0
        ? resource + "." + group
        : resource.substring(0, slash) + "." + group + resource.substring(slash);
  }

  private static Stream<String> strings(com.google.gson.JsonArray array) {
    return array.asList().stream().map(element -> element.getAsString());
  }
}
