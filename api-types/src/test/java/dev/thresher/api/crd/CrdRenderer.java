package dev.thresher.api.crd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;

/// Renders CustomResourceDefinitions from OpenAPI documents.
///
/// A schema with the extension `x-crd` becomes a definition: references are written out, what is
/// only for the Java models is left out, the rest is copied as it stands and in its order. The
/// extension gives group, plural, singular, shortNames, scope, version, printerColumns,
/// subresources and `olderVersions`, files with further entries of `spec.versions`.
final class CrdRenderer {

  private static final String SCHEMA_PREFIX = "#/components/schemas/";

  /// The documents that hold definitions.
  static final List<String> DOCUMENTS = List.of("loadbalancer.yaml", "net.yaml");

  private final Path folder;
  private final String document;
  private final Map<String, Object> schemas;

  private CrdRenderer(Path folder, String document) throws IOException {
    this.folder = folder;
    this.document = document;
    this.schemas = map(map(read(folder.resolve(document)).get("components")).get("schemas"));
  }

  /// The definitions, by file name.
  static Map<String, String> render(Path openapi) throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (String document : DOCUMENTS) {
      files.putAll(new CrdRenderer(openapi, document).renderDocument());
    }
    return files;
  }

  private Map<String, String> renderDocument() throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (Map.Entry<String, Object> entry : schemas.entrySet()) {
      Map<String, Object> schema = map(entry.getValue());
      if (schema.containsKey("x-crd")) {
        Map<String, Object> crd = map(schema.get("x-crd"));
        files.put(
            crd.get("group") + "_" + crd.get("plural") + ".yaml",
            "# Rendered by hack/update-crds from api-types/src/main/openapi/"
                + document
                + "; edit that.\n"
                + yaml().dump(definition(entry.getKey(), schema, crd)));
      }
    }
    return files;
  }

  private Map<String, Object> definition(
      String kind, Map<String, Object> schema, Map<String, Object> crd) throws IOException {
    var names = new LinkedHashMap<String, Object>();
    names.put("kind", kind);
    names.put("listKind", kind + "List");
    names.put("plural", crd.get("plural"));
    names.put("singular", crd.get("singular"));
    names.put("shortNames", crd.get("shortNames"));

    var versions = new ArrayList<Object>();
    for (Object file : list(crd.getOrDefault("olderVersions", List.of()))) {
      versions.add(read(folder.resolve((String) file)));
    }
    versions.add(version(schema, crd));

    var spec = new LinkedHashMap<String, Object>();
    spec.put("group", crd.get("group"));
    spec.put("names", names);
    spec.put("scope", crd.get("scope"));
    spec.put("versions", versions);

    var definition = new LinkedHashMap<String, Object>();
    definition.put("apiVersion", "apiextensions.k8s.io/v1");
    definition.put("kind", "CustomResourceDefinition");
    definition.put("metadata", Map.of("name", crd.get("plural") + "." + crd.get("group")));
    definition.put("spec", spec);
    return definition;
  }

  private Map<String, Object> version(Map<String, Object> schema, Map<String, Object> crd) {
    var version = new LinkedHashMap<String, Object>();
    version.put("name", crd.get("version"));
    version.put("served", true);
    version.put("storage", true);
    version.put("additionalPrinterColumns", crd.get("printerColumns"));
    var subresources = new LinkedHashMap<String, Object>();
    for (Object name : list(crd.getOrDefault("subresources", List.of()))) {
      subresources.put((String) name, Map.of());
    }
    if (!subresources.isEmpty()) {
      version.put("subresources", subresources);
    }
    version.put("schema", Map.of("openAPIV3Schema", root(schema)));
    return version;
  }

  /// The schema of the object itself. The API server defaults apiVersion and kind, and it alone
  /// knows the schema of metadata.
  private Map<String, Object> root(Map<String, Object> schema) {
    Map<String, Object> rendered = map(writtenOut(schema));
    Map<String, Object> properties = map(rendered.get("properties"));
    properties.put("apiVersion", Map.of("type", "string"));
    properties.put("kind", Map.of("type", "string"));
    return rendered;
  }

  private Object writtenOut(Object node) {
    if (node instanceof Map<?, ?> object) {
      if (object.get("$ref") instanceof String reference) {
        Object target = schemas.get(reference.substring(SCHEMA_PREFIX.length()));
        if (target == null) {
          throw new IllegalArgumentException(document + " has no schema " + reference);
        }
        return writtenOut(target);
      }
      var copy = new LinkedHashMap<String, Object>();
      for (Map.Entry<String, Object> entry : map(object).entrySet()) {
        if (!entry.getKey().equals("x-crd") && !entry.getKey().equals("x-implements")) {
          copy.put(entry.getKey(), writtenOut(entry.getValue()));
        }
      }
      return copy;
    }
    return node instanceof List<?> items ? items.stream().map(this::writtenOut).toList() : node;
  }

  private static Map<String, Object> read(Path file) throws IOException {
    return map(new Yaml().load(Files.readString(file)));
  }

  private static Yaml yaml() {
    var options = new DumperOptions();
    options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
    options.setIndicatorIndent(2);
    options.setIndentWithIndicator(true);
    options.setWidth(120);
    options.setSplitLines(true);
    // References would otherwise become YAML anchors.
    options.setDereferenceAliases(true);
    return new Yaml(options);
  }

  @SuppressWarnings("unchecked") // YAML maps of these documents have string keys.
  static Map<String, Object> map(@Nullable Object node) {
    return (Map<String, Object>) Objects.requireNonNull(node);
  }

  @SuppressWarnings("unchecked") // Any list is a list of objects.
  static List<Object> list(@Nullable Object node) {
    return (List<Object>) Objects.requireNonNull(node);
  }
}
