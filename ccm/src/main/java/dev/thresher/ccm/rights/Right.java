package dev.thresher.ccm.rights;

import dev.thresher.api.ResourceType;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.OwnAccess;
import java.util.List;
import java.util.stream.Stream;

/// One verb on one resource.
///
/// @param group API group, empty for the core group
/// @param resource plural name
/// @param namespace empty for all namespaces, and for resources without namespaces
public record Right(String group, String resource, String verb, String namespace) {

  public static Stream<Right> on(ResourceType<?> type, String namespace, String... verbs) {
    return Stream.of(verbs).map(verb -> new Right(type.group(), type.plural(), verb, namespace));
  }

  /// Whether the account of this process has it; blocks.
  boolean isGranted(KubeApi server) {
    return OwnAccess.isAllowed(server, group, resource, verb, namespace);
  }

  /// `verb, verb on resource.group in namespace` for each resource.
  static String describe(List<Right> rights) {
    return String.join(
        "; ",
        rights.stream()
            .map(Right::place)
            .distinct()
            .map(place ->
                String.join(
                        ", ",
                        rights.stream()
                            .filter(right -> right.place().equals(place))
                            .map(Right::verb)
                            .toList())
                    + " "
                    + place)
            .toList());
  }

  private String place() {
    return "on "
        + resource
        + (group.isEmpty() ? "" : "." + group)
        + (namespace.isEmpty() ? " in the whole cluster" : " in namespace " + namespace);
  }
}
