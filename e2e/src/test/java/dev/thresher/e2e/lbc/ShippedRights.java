package dev.thresher.e2e.lbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.lab.AuditLog.Request;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// The access rules in the chart, against what the program asked an API server for.
final class ShippedRights {

  private ShippedRights() {}

  /// That they suffice the lab itself looks at.
  ///
  /// @param asked by the program
  static void nothingIsTooMuch(List<Request> asked) {
    Set<String> unused = new TreeSet<>(shipped());
    assertThat(unused).containsAll(RARE.keySet());
    asked.forEach(r -> unused.remove(r.verb() + " " + r.resource()));
    unused.removeAll(RARE.keySet());
    assertThat(unused)
        .as("rules of charts/loadbalancer-controller/files/rbac.yaml that nothing uses")
        .isEmpty();
  }

  /// What only a race or a rare change asks for, which no run makes at will.
  private static final Map<String, String> RARE =
      Map.of(
          "get addressclaims", "an address that somebody else claimed a moment ago",
          "patch addressclaims", "a load balancer that is made again before its claim has ended",
          "get loadbalancers", "one that is gone from the cache while its address is still claimed",
          "get services", "one of the same name without our label",
          "get endpointslices", "likewise",
          "create ippools", "the configuration of kube-vip's cloud provider, taken over once",
          "patch configmaps", "likewise",
          "patch events", "an Event that is said again before it is forgotten");

  /// `VERB RESOURCE` of every rule in the chart.
  private static Set<String> shipped() {
    Set<String> rules = new TreeSet<>();
    var yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    for (Object document :
        yaml.loadAll(Dist.find().chartFile("loadbalancer-controller", "rbac.yaml"))) {
      JsonObject object = new Gson().toJsonTree(document).getAsJsonObject();
      if (object.has("rules")) {
        for (JsonElement rule : object.getAsJsonArray("rules")) {
          for (JsonElement verb : rule.getAsJsonObject().getAsJsonArray("verbs")) {
            for (JsonElement resource : rule.getAsJsonObject().getAsJsonArray("resources")) {
              rules.add(verb.getAsString() + " " + resource.getAsString());
            }
          }
        }
      }
    }
    return rules;
  }
}
