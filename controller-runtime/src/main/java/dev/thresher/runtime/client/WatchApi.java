package dev.thresher.runtime.client;

import com.google.gson.JsonObject;
import dev.thresher.api.ResourceType;
import java.util.Optional;
import java.util.function.Consumer;

/// Listing and watching of raw objects: what caches are made of.
public interface WatchApi {

  /// What this server is to the program: `host`, `guest`.
  String name();

  /// One page of a list.
  ///
  /// @param item hears each object as it was read, on the calling thread; it may change it
  /// @throws KubeApiException also when the answer breaks off: then some items have been heard
  RawPage listRaw(ResourceType<?> type, ListQuery query, Consumer<JsonObject> item);

  /// Begins a watch that asks for bookmarks. Nothing is sent before its `open`.
  WatchStream watch(ResourceType<?> type, WatchQuery query);

  /// What remains of a page when its items are taken out.
  ///
  /// @param resourceVersion the version of the whole list
  /// @param continueToken present if there are more pages
  record RawPage(String resourceVersion, Optional<String> continueToken) {}
}
