package dev.thresher.e2e.ccm;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.cloud.HostObjects;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// Access rules that are shipped, to be compared with what a program asks for.
public final class ShippedRules {

  private ShippedRules() {}

  /// `VERB RESOURCE` of every rule of a file of the ccm's chart.
  static Set<String> of(String file) {
    return in(Dist.find().chartFile("ccm", file));
  }

  /// `VERB RESOURCE` of every rule of some documents.
  public static Set<String> in(String text) {
    Set<String> rules = new TreeSet<>();
    for (JsonObject object : documents(text)) {
      if (object.has("rules")) {
        rules.addAll(verbsAndResources(object));
      }
    }
    return rules;
  }

  /// `ACCOUNT VERB RESOURCE` of every rule, by the bindings of the file.
  static Set<String> ofAccounts(String file) {
    List<JsonObject> documents = documents(Dist.find().chartFile("ccm", file));
    Map<String, JsonObject> roles = new HashMap<>();
    for (JsonObject object : documents) {
      if (object.has("rules")) {
        roles.put(HostObjects.text(object, "kind") + " " + HostObjects.name(object), object);
      }
    }
    Set<String> rules = new TreeSet<>();
    for (JsonObject binding : documents) {
      if (binding.has("roleRef")) {
        String name =
            HostObjects.text(binding, "roleRef", "kind")
                + " "
                + HostObjects.text(binding, "roleRef", "name");
        JsonObject role = Objects.requireNonNull(roles.get(name), name);
        String account =
            HostObjects.text(binding.getAsJsonArray("subjects").get(0).getAsJsonObject(), "name");
        verbsAndResources(role).forEach(rule -> rules.add(account + " " + rule));
      }
    }
    return rules;
  }

  private static List<JsonObject> documents(String text) {
    var yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    return StreamSupport.stream(yaml.loadAll(text).spliterator(), false)
        .map(document -> new Gson().toJsonTree(document).getAsJsonObject())
        .toList();
  }

  private static Set<String> verbsAndResources(JsonObject role) {
    Set<String> all = new TreeSet<>();
    for (JsonElement rule : role.getAsJsonArray("rules")) {
      for (JsonElement verb : rule.getAsJsonObject().getAsJsonArray("verbs")) {
        for (JsonElement resource : rule.getAsJsonObject().getAsJsonArray("resources")) {
          all.add(verb.getAsString() + " " + resource.getAsString());
        }
      }
    }
    return all;
  }
}
