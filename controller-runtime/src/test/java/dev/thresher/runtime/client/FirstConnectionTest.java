package dev.thresher.runtime.client;

import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import dev.thresher.runtime.fake.TcpProxy;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.SystemTimeline;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FirstConnectionTest {

  private static final int CALLS = 12;

  private final WireMockServer server =
      new WireMockServer(WireMockConfiguration.options().dynamicPort().dynamicHttpsPort());
  private final SystemTimeline timeline = new SystemTimeline();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private TcpProxy proxy;
  private OkHttpKubeApi api;

  @BeforeEach
  void start() {
    server.start();
    server.stubFor(get(anyUrl()).willReturn(okJson("{}")));
    proxy = new TcpProxy(server.httpsPort());
    var connection =
        new Connection("https://127.0.0.1:" + proxy.port(), "default", "", "", true, "", "", "");
    api =
        new OkHttpKubeApi(
            ClientConfig.of("test", new ConnectionSource.Fixed(connection)),
            timeline,
            new Metrics());
  }

  @AfterEach
  void stop() {
    api.stop();
    proxy.close();
    server.stop();
    timeline.stop();
    threads.close();
  }

  private static List<CompletableFuture<?>> callsAtOnce(OkHttpKubeApi api, Executor threads) {
    return IntStream.range(0, CALLS)
        .<CompletableFuture<?>>mapToObj(i ->
            CompletableFuture.runAsync(
                () -> api.request("GET", "/version/" + i, Optional.empty()), threads))
        .toList();
  }

  @Test
  void manyCallsAtOnceShakeHandsOnce() {
    callsAtOnce(api, threads).forEach(CompletableFuture::join);

    assertThat(proxy.accepted()).isEqualTo(1);
  }

  @Test
  void aServerThatSaysNothingHoldsTheOthersBackForAMomentOnly() {
    proxy.freeze();
    List<CompletableFuture<?>> calls = callsAtOnce(api, threads);
    await().until(() -> proxy.accepted() == CALLS);

    proxy.thaw();
    calls.forEach(CompletableFuture::join);
  }
}
