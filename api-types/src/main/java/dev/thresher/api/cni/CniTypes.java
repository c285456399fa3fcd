package dev.thresher.api.cni;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import java.util.Optional;

/// The resources of the container networks' working group that the programs read.
public final class CniTypes {

  /// A network of machines. A cluster without secondary networks does not know it.
  public static final ResourceType<NetworkAttachmentDefinition> NETWORK_ATTACHMENT_DEFINITION =
      new ResourceType<>(
          "k8s.cni.cncf.io",
          "v1",
          "network-attachment-definitions",
          "NetworkAttachmentDefinition",
          true,
          NetworkAttachmentDefinition.class);

  private CniTypes() {}

  /// The key of a network that is named as `namespace/name`; empty if it is not named so.
  public static Optional<ObjectKey> network(String name) {
    int slash = name.indexOf('/');
    return slash <= 0 || slash == name.length() - 1
        ? Optional.empty()
        : Optional.of(ObjectKey.of(name.substring(0, slash), name.substring(slash + 1)));
  }
}
