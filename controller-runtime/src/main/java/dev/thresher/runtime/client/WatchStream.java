package dev.thresher.runtime.client;

import com.google.gson.JsonObject;
import java.util.Optional;

/// One watch. One thread reads, any thread may close.
public interface WatchStream extends AutoCloseable {

  /// Waits for the next event, without limit: the caller closes the stream when it has been silent
  /// for too long.
  ///
  /// @return the event with `type` and `object`, empty when the server ended the watch in order
  /// @throws KubeApiException if the server refuses the watch, or the connection breaks or is
  ///   closed
  Optional<JsonObject> next();

  /// Ends the watch; a `next` that waits fails with reason `UNREACHABLE`.
  @Override
  void close();
}
