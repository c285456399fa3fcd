package dev.thresher.api.json;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.kubernetes.client.gson.V1MetadataExclusionStrategy;
import io.kubernetes.client.openapi.JSON;
import java.time.OffsetDateTime;

/// The one Gson of the programs: it ignores fields that the models do not know.
///
/// The client's own Gson refuses an object with an unknown field, and an informer that meets one
/// such object lists for ever (kubernetes-client/java issues 3428, 3980, 4809). A cluster that is
/// newer than the client has such fields. Without the client's adapters reading also allocates a
/// fraction of the memory.
///
/// The client's class `JSON` is not initialised: it would load an adapter for each of its 768
/// models, which nobody here uses, at the start of every program.
///
/// The price: an object that was read does not carry what the models do not know, so nothing that
/// was read is written back whole.
public final class LenientJson {

  private static final Gson GSON =
      new GsonBuilder()
          // metadata.managedFields is half of an object, and nobody asks for it.
          .setExclusionStrategies(new V1MetadataExclusionStrategy())
          .registerTypeAdapter(OffsetDateTime.class, new JSON.OffsetDateTimeTypeAdapter())
          .registerTypeAdapter(Integer.class, new IntegerAdapter())
          .registerTypeAdapter(byte[].class, new JSON.ByteArrayAdapter())
          .create();

  /// The Gson itself. It is safe for use by several threads.
  public static Gson gson() {
    return GSON;
  }

  private LenientJson() {}
}
