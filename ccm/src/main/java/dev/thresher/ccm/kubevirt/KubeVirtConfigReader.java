package dev.thresher.ccm.kubevirt;

import dev.thresher.ccm.files.YamlFile;
import dev.thresher.ccm.kubevirt.KubeVirtConfig.Instances;
import dev.thresher.ccm.kubevirt.KubeVirtConfig.LoadBalancer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads the cloud config: the YAML of cloud-provider-kubevirt, with every field known by name.
///
/// A field that nobody knows is refused: it is a typing error, or asks for what would not happen.
public final class KubeVirtConfigReader {

  private static final Set<String> TOP =
      Set.of("kubeconfig", "namespace", "infraLabels", "loadBalancer", "instancesV2");
  private static final Set<String> LOAD_BALANCER =
      Set.of(
          "enabled",
          "creationPollInterval",
          "creationPollTimeout",
          "selectorless",
          "enableEPSController",
          "annotationPrefixes");
  private static final Set<String> INSTANCES = Set.of("enabled", "zoneAndRegionEnabled");

  private final YamlFile file;

  private KubeVirtConfigReader(String where) {
    this.file = new YamlFile(where);
  }

  /// @param where the file, for errors
  /// @throws IllegalArgumentException naming file, field, value and what is wanted
  public static KubeVirtConfig read(String text, String where) {
    return new KubeVirtConfigReader(where).read(text);
  }

  private KubeVirtConfig read(String text) {
    Map<String, Object> top = fields(file.parse(text), "", TOP);
    Map<String, Object> balancer = fields(top.get("loadBalancer"), "loadBalancer", LOAD_BALANCER);
    Map<String, Object> instances = fields(top.get("instancesV2"), "instancesV2", INSTANCES);
    LoadBalancer defaults = LoadBalancer.DEFAULT;
    // There is nothing to poll; a value that is none is an error all the same.
    var _ = seconds(balancer, "loadBalancer.", "creationPollInterval", Duration.ofSeconds(5));
    return new KubeVirtConfig(
        string(top, "", "kubeconfig"),
        string(top, "", "namespace"),
        labels(top.get("infraLabels")),
        new LoadBalancer(
            bool(balancer, "loadBalancer.", "enabled", defaults.enabled()),
            seconds(
                balancer, "loadBalancer.", "creationPollTimeout", defaults.creationPollTimeout()),
            bool(balancer, "loadBalancer.", "selectorless", defaults.selectorless()),
            bool(balancer, "loadBalancer.", "enableEPSController", defaults.endpointSlices()),
            strings(balancer.get("annotationPrefixes"), defaults.annotationPrefixes())),
        new Instances(
            bool(instances, "instancesV2.", "enabled", Instances.DEFAULT.enabled()),
            bool(
                instances,
                "instancesV2.",
                "zoneAndRegionEnabled",
                Instances.DEFAULT.zoneAndRegion())));
  }

  private Map<String, Object> fields(@Nullable Object value, String path, Set<String> known) {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (value == null) {
      return fields;
    }
    if (!(value instanceof Map<?, ?> map)) {
      throw file.wrong(path.isEmpty() ? "the file" : path, value, "a mapping");
    }
    if (path.isEmpty() && map.containsKey("clusters") && map.containsKey("contexts")) {
      throw new IllegalArgumentException(
          file.where()
              + " is a kubeconfig; with --cloud-provider=kubevirt the cloud config is a YAML file"
              + " whose field \"kubeconfig\" names one");
    }
    Set<String> unknown = new LinkedHashSet<>();
    map.forEach((key, field) -> {
      String name = String.valueOf(key);
      if (!known.contains(name)) {
        unknown.add(path.isEmpty() ? name : path + "." + name);
      } else if (field != null) {
        fields.put(name, field);
      }
    });
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          file.where()
              + ": unknown field "
              + String.join(", ", unknown)
              + "; known in "
              + (path.isEmpty() ? "the file" : path)
              + " are "
              + String.join(", ", known.stream().sorted().toList()));
    }
    return fields;
  }

  private String string(Map<String, Object> fields, String path, String name) {
    Object value = fields.getOrDefault(name, "");
    if (value instanceof String text) {
      return text;
    }
    throw file.wrong(path + name, value, "a text");
  }

  private boolean bool(Map<String, Object> fields, String path, String name, boolean otherwise) {
    Object value = fields.getOrDefault(name, otherwise);
    if (value instanceof Boolean yes) {
      return yes;
    }
    throw file.wrong(path + name, value, "true or false");
  }

  /// As in cloud-provider-kubevirt, a number that is not positive stands for the default.
  private Duration seconds(
      Map<String, Object> fields, String path, String name, Duration otherwise) {
    Object value = fields.get(name);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Integer seconds) {
      return seconds > 0 ? Duration.ofSeconds(seconds) : otherwise;
    }
    throw file.wrong(path + name, value, "a number of seconds");
  }

  private Map<String, String> labels(@Nullable Object value) {
    Map<String, String> labels = new LinkedHashMap<>();
    if (value == null) {
      return labels;
    }
    if (!(value instanceof Map<?, ?> map)) {
      throw file.wrong("infraLabels", value, "a mapping of labels");
    }
    map.forEach((key, label) -> {
      if (!(key instanceof String name) || !(label instanceof String text)) {
        throw file.wrong(
            "infraLabels." + key, String.valueOf(label), "a text, in quotes if need be");
      }
      labels.put(name, text);
    });
    return labels;
  }

  private List<String> strings(@Nullable Object value, List<String> otherwise) {
    if (value == null) {
      return otherwise;
    }
    if (!(value instanceof List<?> list)) {
      throw file.wrong("loadBalancer.annotationPrefixes", value, "a list of texts");
    }
    List<String> texts = new ArrayList<>();
    for (Object item : list) {
      if (!(item instanceof String text) || text.isEmpty()) {
        throw file.wrong("loadBalancer.annotationPrefixes", value, "a list of texts");
      }
      texts.add(text);
    }
    return texts;
  }
}
