package dev.thresher.runtime.client;

import java.util.List;
import java.util.Optional;

/// One page of a list.
///
/// @param resourceVersion the version of the whole list
/// @param continueToken present if there are more pages
public record ListPage<T>(List<T> items, String resourceVersion, Optional<String> continueToken) {
  public ListPage {
    items = List.copyOf(items);
  }
}
