package dev.thresher.api.crd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The files of the repository that are rendered from the OpenAPI documents; `hack/update-crds`
/// writes them.
public final class CrdFiles {

  /// The class path and the chart, with the same bytes.
  private static final List<String> FOLDERS =
      List.of(
          "api-types/src/main/resources/dev/thresher/api/crds",
          "charts/loadbalancer-controller/crds");

  private static final String REFERENCE = "docs/reference/crds.md";

  private CrdFiles() {}

  /// Writes all files.
  ///
  /// @param args the repository, then the folder under which to write
  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      throw new IllegalArgumentException("want the repository and the folder to write to");
    }
    for (Map.Entry<String, String> file : rendered(Path.of(args[0])).entrySet()) {
      Path target = Path.of(args[1], file.getKey());
      Files.createDirectories(target.resolveSibling("."));
      Files.writeString(target, file.getValue());
    }
  }

  /// Content by path in the repository.
  static Map<String, String> rendered(Path repository) throws IOException {
    Map<String, String> definitions =
        CrdRenderer.render(repository.resolve("api-types/src/main/openapi"));
    var files = new LinkedHashMap<String, String>();
    for (String folder : FOLDERS) {
      definitions.forEach((name, yaml) -> files.put(folder + "/" + name, yaml));
    }
    files.put(REFERENCE, CrdReference.render(definitions));
    return files;
  }
}
