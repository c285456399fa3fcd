package dev.thresher.ccm.harvester.loadbalancer;

import com.google.gson.JsonDeserializationContext;
import com.google.gson.JsonDeserializer;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.annotations.JsonAdapter;
import dev.thresher.api.ResourceType;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import java.lang.reflect.Type;

/// A `LoadBalancer` together with the document it was read from.
///
/// The role on the host has `update` and no `patch`, and others write fields that the model does
/// not know. With the document at hand a change costs one request: what was read, changed in place,
/// with the `resourceVersion` that was read.
@JsonAdapter(ReadBalancer.Reader.class)
public final class ReadBalancer extends LoadBalancer {

  /// The resource, read this way. Its caches are others than those of
  /// [LoadBalancerTypes#LOAD_BALANCER].
  public static final ResourceType<ReadBalancer> TYPE =
      new ResourceType<>(
          LoadBalancerTypes.GROUP,
          LoadBalancerTypes.VERSION,
          LoadBalancerTypes.LOAD_BALANCER.plural(),
          LoadBalancerTypes.LOAD_BALANCER.kind(),
          true,
          ReadBalancer.class);

  /// As text, which takes a fraction of the memory of a tree.
  private final transient String document;

  private ReadBalancer(String document) {
    this.document = document;
  }

  /// The document, anew at each call; `managedFields` are left out, which a PUT keeps.
  JsonObject document() {
    return JsonParser.parseString(document).getAsJsonObject();
  }

  /// Reads both.
  static final class Reader implements JsonDeserializer<ReadBalancer> {

    @Override
    public ReadBalancer deserialize(JsonElement json, Type type, JsonDeserializationContext with) {
      LoadBalancer model = LenientJson.gson().fromJson(json, LoadBalancer.class);
      var read = new ReadBalancer(json.toString());
      read.setApiVersion(model.getApiVersion());
      read.setKind(model.getKind());
      read.setMetadata(model.getMetadata());
      read.setSpec(model.getSpec());
      read.setStatus(model.getStatus());
      return read;
    }
  }
}
