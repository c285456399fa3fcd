package dev.thresher.ccm.controllers.lifecycle;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/// Does the same with many things, so many of them at a time.
///
/// @param count `--concurrent-node-lifecycle-syncs`, at least 1
record Workers(int count) {

  /// Blocks until all are done; interrupting the caller interrupts them. A failure of one is thrown
  /// after all have ended.
  <T, R> Map<T, R> map(Collection<T> items, Function<T, R> work) {
    Map<T, R> results = new LinkedHashMap<>();
    if (items.isEmpty()) {
      return results;
    }
    List<T> order = List.copyOf(items);
    List<Future<R>> running = new ArrayList<>();
    try (var pool =
        Executors.newFixedThreadPool(
            Math.min(count, order.size()),
            Thread.ofVirtual().name("node-lifecycle-", 0).factory())) {
      order.forEach(item -> running.add(pool.submit(() -> work.apply(item))));
    }
    for (int i = 0; i < order.size(); i++) {
      try {
        results.put(order.get(i), running.get(i).get());
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException failure) {
          throw failure;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
    return results;
  }
}
