package dev.thresher.e2e.lab;

import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/// Much of the same at the same time.
public final class Together {

  private static final int AT_ONCE = 16;

  private Together() {}

  /// Does the work for each number from 0, sixteen at a time, and waits for the last.
  ///
  /// @throws java.util.concurrent.CompletionException if any of it failed
  public static void run(int count, IntConsumer work) {
    each(IntStream.range(0, count).boxed().toList(), work::accept);
  }

  /// Does the work for each item, sixteen at a time, and waits for the last.
  ///
  /// @throws java.util.concurrent.CompletionException if any of it failed
  public static <T> void each(Collection<T> items, Consumer<? super T> work) {
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
      CompletableFuture.allOf(
              items.stream()
                  .map(item -> CompletableFuture.runAsync(() -> work.accept(item), threads))
                  .toArray(CompletableFuture[]::new))
          .join();
    }
  }
}
