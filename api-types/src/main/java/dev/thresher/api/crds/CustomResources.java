package dev.thresher.api.crds;

import dev.thresher.api.ResourceType;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.net.NetTypes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// The definitions of our resources, to be applied to a cluster.
public final class CustomResources {

  /// All types that have a definition here.
  public static final List<ResourceType<?>> TYPES =
      List.of(
          LoadBalancerTypes.LOAD_BALANCER,
          LoadBalancerTypes.IP_POOL,
          NetTypes.ADDRESS_CLAIM,
          NetTypes.NODE_REPORT,
          NetTypes.NODE_NETWORK,
          NetTypes.NODE_NETWORK_SETTING);

  /// Name of the file of a type: `group_plural.yaml`.
  public static String fileName(ResourceType<?> type) {
    return type.group() + "_" + type.plural() + ".yaml";
  }

  /// The CustomResourceDefinition of a type as a YAML document.
  ///
  /// @throws IllegalArgumentException if the type is not one of [#TYPES]
  public static String yaml(ResourceType<?> type) {
    try (InputStream in = CustomResources.class.getResourceAsStream(fileName(type))) {
      if (in == null) {
        throw new IllegalArgumentException(
            "no definition of " + type.resource() + " here; want one of " + TYPES);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("reading the definition of " + type.resource(), e);
    }
  }

  private CustomResources() {}
}
