package dev.thresher.runtime.client;

import com.google.gson.JsonObject;
import java.util.Optional;

/// One watch. One thread reads, any thread may close.
public interface WatchStream extends AutoCloseable {

  /// Sends the request and waits until the server has accepted it. Without it the first `next`
  /// does.
  ///
  /// @throws KubeApiException if the server refuses the watch, or the connection breaks or is
  ///   closed
  default void open() {}

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
