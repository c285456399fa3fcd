package dev.thresher.runtime.client;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Response;

/// Lets one call make the first connection to a server and the others follow on it.
///
/// A program begins with a dozen calls at once. Without this each of them would shake hands for
/// itself, and all connections but one would be thrown away, since HTTP/2 needs no more: half of
/// what a start costs.
///
/// Nobody waits longer than [#AT_MOST]: a server that is slow to answer is no reason to hold all
/// calls back. Thread-safe.
final class FirstConnection implements Interceptor {

  private static final Duration AT_MOST = Duration.ofMillis(500);

  private final AtomicBoolean taken = new AtomicBoolean();
  private final CountDownLatch over = new CountDownLatch(1);

  private FirstConnection() {}

  static void to(OkHttpClient.Builder client) {
    var first = new FirstConnection();
    client.addInterceptor(first);
    client.addNetworkInterceptor(chain -> {
      first.over.countDown();
      return chain.proceed(chain.request());
    });
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    if (over.getCount() > 0 && !taken.compareAndSet(false, true)) {
      await(chain);
    }
    try {
      return chain.proceed(chain.request());
    } finally {
      // A connection that could not be made is not waited for either.
      over.countDown();
    }
  }

  private void await(Chain chain) throws IOException {
    try {
      var _ = over.await(AT_MOST.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for the first connection", e);
    }
    if (chain.call().isCanceled()) {
      throw new IOException("canceled while waiting for the first connection");
    }
  }
}
