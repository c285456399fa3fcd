package dev.thresher.vip.app;

import dev.thresher.runtime.lifecycle.Component;

/// Parts whose life cycle has other names, as components.
final class Parts {

  /// Something that may fail.
  interface Step {
    void run() throws Exception;
  }

  private Parts() {}

  static Component of(String name, Step start, Runnable stop) {
    return new Component() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void start() throws Exception {
        start.run();
      }

      @Override
      public void stop() {
        stop.run();
      }
    };
  }
}
