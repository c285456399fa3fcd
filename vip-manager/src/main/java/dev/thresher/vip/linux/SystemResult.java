package dev.thresher.vip.linux;

/// What became of a request to the kernel.
public sealed interface SystemResult<T> {

  /// Done.
  record Ok<T>(T value) implements SystemResult<T> {}

  /// Refused.
  ///
  /// @param call what was asked, for people
  /// @param detail what the kernel said in words; empty if nothing
  record Failed<T>(String call, Errno errno, String detail) implements SystemResult<T> {

    /// The same refusal in place of another value.
    public <U> Failed<U> as() {
      return new Failed<>(call, errno, detail);
    }

    @Override
    public String toString() {
      return call + ": " + errno + (detail.isEmpty() ? "" : " (" + detail + ")");
    }
  }

  /// A value, or the refusal of a call.
  ///
  /// @param result what the call returned: negative for an error number
  static <T> Failed<T> failed(String call, int result) {
    return new Failed<>(call, new Errno(-result), "");
  }

  /// The value; for callers that cannot go on without it.
  ///
  /// @throws IllegalStateException if refused, saying what and why
  default T orThrow() {
    return switch (this) {
      case Ok<T>(T value) -> value;
      case Failed<T> failed -> throw new IllegalStateException(failed.toString());
    };
  }
}
