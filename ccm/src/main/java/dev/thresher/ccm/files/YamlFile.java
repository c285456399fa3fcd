package dev.thresher.ccm.files;

import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/// A YAML file that a person wrote: errors say where it is wrong.
///
/// @param where the file, for errors
public record YamlFile(String where) {

  /// @return maps, lists, texts, numbers and truths; null for an empty file
  /// @throws IllegalArgumentException if it is not YAML, or names a field twice
  public @Nullable Object parse(String text) {
    try {
      var options = new LoaderOptions();
      options.setAllowDuplicateKeys(false);
      return new Yaml(new SafeConstructor(options)).load(text);
    } catch (MarkedYAMLException e) {
      var mark = e.getProblemMark();
      throw new IllegalArgumentException(
          where
              + ": not valid YAML"
              + (mark == null ? "" : " at line " + (mark.getLine() + 1))
              + ": "
              + e.getProblem(),
          e);
    } catch (YAMLException e) {
      throw new IllegalArgumentException(where + ": not valid YAML: " + e.getMessage(), e);
    }
  }

  /// What to throw for a value that is not wanted.
  public IllegalArgumentException wrong(String field, Object value, String wanted) {
    return new IllegalArgumentException(
        where + ": " + field + " is \"" + value + "\"; want " + wanted);
  }
}
