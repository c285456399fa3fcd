package dev.thresher.runtime.serving;

/// An answer to an HTTP request.
///
/// @param contentType value of the header
public record Reply(int status, String contentType, String body) {

  public static Reply text(int status, String text) {
    return new Reply(status, "text/plain; charset=utf-8", text);
  }

  public static Reply json(String document) {
    return new Reply(200, "application/json", document);
  }
}
