package dev.thresher.e2e.lab;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
      CompletableFuture.allOf(
              IntStream.range(0, count)
                  .mapToObj(n -> CompletableFuture.runAsync(() -> work.accept(n), threads))
                  .toArray(CompletableFuture[]::new))
          .join();
    }
  }
}
