package dev.thresher.runtime.lifecycle;

/// A part of a program with a beginning and an end.
///
/// `start` returns when the part is able to do its work, `stop` when nothing of it runs any more.
/// Both are called at most once, by one thread. A failing `start` ends the program; the components
/// started before it are stopped.
public interface Component {

  /// A short name for logs and errors.
  String name();

  void start() throws Exception;

  /// Stops what `start` began. Must be safe to call when `start` failed half-way. Should end within
  /// seconds.
  void stop();
}
