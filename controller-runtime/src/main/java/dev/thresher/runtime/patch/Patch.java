package dev.thresher.runtime.patch;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Map;

/// A change of one object, ready to be sent.
///
/// The document is not copied: do not change it after handing it in.
public sealed interface Patch {

  JsonElement document();

  /// `status`, another subresource, or empty for the object itself.
  String subresource();

  /// The same change, sent to the subresource.
  Patch on(String subresource);

  default Patch onStatus() {
    return on("status");
  }

  /// RFC 6902. A `test` that fails is answered with status 422 and becomes reason `CONFLICT` of the
  /// call.
  record Json(JsonArray document, String subresource) implements Patch {
    @Override
    public Json on(String subresource) {
      return new Json(document, subresource);
    }
  }

  /// RFC 7386: objects are merged, lists are replaced, null removes.
  record Merge(JsonObject document, String subresource) implements Patch {
    @Override
    public Merge on(String subresource) {
      return new Merge(document, subresource);
    }

    /// What becomes of a document; that stays as it is.
    public JsonObject appliedTo(JsonObject target) {
      JsonObject changed = target.deepCopy();
      merge(changed, document);
      return changed;
    }

    private static void merge(JsonObject target, JsonObject changes) {
      for (Map.Entry<String, JsonElement> change : changes.entrySet()) {
        String name = change.getKey();
        if (change.getValue().isJsonNull()) {
          target.remove(name);
        } else if (change.getValue() instanceof JsonObject inner) {
          JsonObject below =
              target.get(name) instanceof JsonObject there ? there : new JsonObject();
          merge(below, inner);
          target.add(name, below);
        } else {
          target.add(name, change.getValue().deepCopy());
        }
      }
    }
  }

  /// Server-side apply: the fields of the document become ours; fields of ours that are no longer
  /// named are removed. Name, kind and apiVersion are filled in when it is sent.
  ///
  /// @param force take fields over from other managers
  record Apply(JsonObject document, String fieldManager, boolean force, String subresource)
      implements Patch {
    @Override
    public Apply on(String subresource) {
      return new Apply(document, fieldManager, force, subresource);
    }
  }
}
