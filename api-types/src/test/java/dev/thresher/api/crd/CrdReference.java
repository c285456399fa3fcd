package dev.thresher.api.crd;

import static dev.thresher.api.crd.CrdRenderer.list;
import static dev.thresher.api.crd.CrdRenderer.map;

import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;

/// Renders the reference page of our resources from their definitions.
///
/// One section per resource: how it is called, every field with its type and meaning, and what the
/// API server refuses.
final class CrdReference {

  private final StringBuilder page = new StringBuilder();

  private CrdReference() {}

  /// The page, in Markdown.
  static String render(Map<String, String> definitions) {
    var reference = new CrdReference();
    reference.page.append(
        """
        <!-- Rendered by hack/update-crds from api-types/src/main/openapi; edit that. -->
        # Resources

        A field marked \\* is required. "Thresher:" marks what Harvester's definitions do not have;
        all of that is optional.
        """);
    for (String definition : definitions.values()) {
      reference.resource(map(new Yaml().load(definition)));
    }
    return reference.page.toString();
  }

  private void resource(Map<String, Object> definition) {
    Map<String, Object> spec = map(definition.get("spec"));
    Map<String, Object> names = map(spec.get("names"));
    Map<String, Object> version =
        list(spec.get("versions")).stream()
            .map(CrdRenderer::map)
            .filter(candidate -> Boolean.TRUE.equals(candidate.get("served")))
            .findFirst()
            .orElseThrow();
    Map<String, Object> schema = map(map(version.get("schema")).get("openAPIV3Schema"));
    page.append("\n## ").append(names.get("kind")).append("\n\n");
    page.append(schema.get("description")).append("\n\n");
    page.append("- API: `").append(spec.get("group")).append('/').append(version.get("name"));
    page.append("`, ")
        .append("Namespaced".equals(spec.get("scope")) ? "namespaced" : "cluster-scoped");
    page.append("\n- kubectl: `").append(names.get("plural")).append('`');
    list(names.get("shortNames")).forEach(name -> page.append(", `").append(name).append('`'));
    page.append("\n- status: written through the ");
    page.append(version.containsKey("subresources") ? "subresource `status`" : "main resource");
    page.append("\n\n| field | type | meaning |\n|---|---|---|\n");
    fields(schema, "");
    page.append("\nWhat breaks one of these is refused:\n\n");
    rules(schema);
  }

  private void fields(Map<String, Object> schema, String path) {
    List<Object> required = list(schema.getOrDefault("required", List.of()));
    map(schema.getOrDefault("properties", Map.of()))
        .forEach((name, value) -> {
          if (path.isEmpty() && !name.equals("spec") && !name.equals("status")) {
            return;
          }
          Map<String, Object> property = map(value);
          String field = path.isEmpty() ? name : path + "." + name;
          row(field + (isList(property) ? "[]" : ""), required.contains(name), property);
          fields(property, field);
          Object inner = property.getOrDefault("items", property.get("additionalProperties"));
          if (inner != null) {
            fields(map(inner), field + (isList(property) ? "[]" : ".*"));
          }
        });
  }

  private void row(String field, boolean required, Map<String, Object> property) {
    page.append("| `").append(field).append('`').append(required ? " \\*" : "");
    page.append(" | ").append(type(property)).append(" | ");
    page.append(text(property.getOrDefault("description", ""))).append(" |\n");
  }

  private static String type(Map<String, Object> property) {
    if (property.containsKey("enum")) {
      return String.join(
          ", ", list(property.get("enum")).stream().map(value -> "`" + value + "`").toList());
    }
    String type =
        isList(property)
            ? "list of " + type(map(property.get("items")))
            : property.containsKey("additionalProperties")
                ? "map of " + type(map(property.get("additionalProperties")))
                : String.valueOf(property.get("type"));
    return property.containsKey("default")
        ? type + ", default `" + property.get("default") + "`"
        : property.containsKey("format") && !isInteger(property)
            ? type + ", " + property.get("format")
            : type;
  }

  private void rules(Map<String, Object> schema) {
    for (Object rule : list(schema.getOrDefault("x-kubernetes-validations", List.of()))) {
      page.append("- ").append(text(map(rule).getOrDefault("message", ""))).append('\n');
    }
    map(schema.getOrDefault("properties", Map.of())).values().forEach(value -> rules(map(value)));
    if (schema.get("items") != null) {
      rules(map(schema.get("items")));
    }
  }

  private static boolean isList(Map<String, Object> property) {
    return "array".equals(property.get("type"));
  }

  private static boolean isInteger(Map<String, Object> property) {
    return "integer".equals(property.get("type"));
  }

  private static String text(Object description) {
    return description.toString().replace("|", "\\|").replace("*", "\\*");
  }
}
