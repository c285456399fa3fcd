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

  private static final String CLASS_PATH = "api-types/src/main/resources/dev/thresher/api/crds";

  /// What vip-manager needs, which also runs where there is no loadbalancer-controller.
  private static final List<String> OF_VIP_MANAGER =
      List.of("net.thresher.dev_nodenetworks.yaml", "net.thresher.dev_nodenetworksettings.yaml");

  private static final String REFERENCE = "docs/reference/crds.md";

  private CrdFiles() {}

  /// The folder of the one chart that installs a definition.
  static String chart(String name) {
    return "charts/"
        + (OF_VIP_MANAGER.contains(name) ? "vip-manager" : "loadbalancer-controller")
        + "/crds";
  }

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
    definitions.forEach((name, yaml) -> {
      files.put(CLASS_PATH + "/" + name, yaml);
      files.put(chart(name) + "/" + name, yaml);
    });
    files.put(REFERENCE, CrdReference.render(definitions));
    return files;
  }
}
