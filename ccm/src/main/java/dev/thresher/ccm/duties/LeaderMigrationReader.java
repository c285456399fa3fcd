package dev.thresher.ccm.duties;

import dev.thresher.ccm.duties.LeaderMigration.Leader;
import dev.thresher.ccm.files.YamlFile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Reads a LeaderMigrationConfiguration, of any version that upstream reads. As there, a field that
/// nobody knows and one that is given twice are errors.
public final class LeaderMigrationReader {

  private static final String KIND = "LeaderMigrationConfiguration";
  private static final String GROUP = "controllermanager.config.k8s.io/";
  private static final Set<String> VERSIONS =
      Set.of(GROUP + "v1", GROUP + "v1beta1", GROUP + "v1alpha1");
  private static final Set<String> TOP =
      Set.of("apiVersion", "kind", "leaderName", "resourceLock", "controllerLeaders");
  private static final Set<String> ROW = Set.of("name", "component");

  private final YamlFile file;

  private LeaderMigrationReader(String where) {
    this.file = new YamlFile(where);
  }

  /// @param where the file, for errors
  /// @throws IllegalArgumentException naming file, field, value and what is wanted
  public static LeaderMigration read(String text, String where) {
    return new LeaderMigrationReader(where).read(text);
  }

  private LeaderMigration read(String text) {
    Map<String, Object> top = fields(file.parse(text), "the file", TOP);
    oneOf("kind", required(top, "", "kind"), Set.of(KIND));
    oneOf("apiVersion", required(top, "", "apiVersion"), VERSIONS);
    if (top.containsKey("resourceLock")) {
      oneOf("resourceLock", required(top, "", "resourceLock"), Set.of("leases"));
    }
    String lease = required(top, "", "leaderName");
    try {
      return new LeaderMigration(lease, leaders(top.get("controllerLeaders")));
    } catch (IllegalArgumentException e) {
      throw e.getMessage() != null && e.getMessage().startsWith(file.where())
          ? e
          : new IllegalArgumentException(file.where() + ": " + e.getMessage(), e);
    }
  }

  private List<Leader> leaders(@Nullable Object value) {
    List<Leader> leaders = new ArrayList<>();
    if (value == null) {
      return leaders;
    }
    if (!(value instanceof List<?> list)) {
      throw file.wrong("controllerLeaders", value, "a list");
    }
    for (int i = 0; i < list.size(); i++) {
      String path = "controllerLeaders[" + i + "]";
      Map<String, Object> row = fields(list.get(i), path, ROW);
      leaders.add(
          new Leader(required(row, path + ".", "name"), required(row, path + ".", "component")));
    }
    return leaders;
  }

  private Map<String, Object> fields(@Nullable Object value, String path, Set<String> known) {
    if (!(value instanceof Map<?, ?> map)) {
      throw file.wrong(path, value == null ? "" : value, "a mapping with " + sorted(known));
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    map.forEach((key, field) -> {
      if (!known.contains(String.valueOf(key))) {
        throw new IllegalArgumentException(
            file.where()
                + ": unknown field "
                + key
                + " in "
                + path
                + "; known are "
                + sorted(known));
      }
      if (field != null) {
        fields.put(String.valueOf(key), field);
      }
    });
    return fields;
  }

  private String required(Map<String, Object> fields, String path, String name) {
    Object value = fields.getOrDefault(name, "");
    if (!(value instanceof String text) || text.isEmpty()) {
      throw file.wrong(path + name, value, "a text that is not empty");
    }
    return text;
  }

  private void oneOf(String field, String value, Set<String> allowed) {
    if (!allowed.contains(value)) {
      throw file.wrong(field, value, sorted(allowed));
    }
  }

  private static String sorted(Set<String> names) {
    return String.join(", ", new TreeSet<>(names));
  }
}
