package dev.thresher.runtime.fake;

import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.Connection;
import dev.thresher.runtime.client.ConnectionSource;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.SystemTimeline;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/// The fake keeps the contract, called directly and over HTTP.
class FakeContractTest {

  @Nested
  class InMemory extends KubeApiContract {

    @Override
    protected KubeApi connect() {
      return new FakeKubeApi(new FakeStore());
    }

    @Override
    protected String namespace() {
      return "default";
    }
  }

  @Nested
  class OverHttp extends KubeApiContract {

    private final FakeApiServer server = new FakeApiServer(new FakeStore());
    private final SystemTimeline timeline = new SystemTimeline();

    @Override
    protected KubeApi connect() {
      return new OkHttpKubeApi(
          ClientConfig.of("test", new ConnectionSource.Fixed(Connection.plain(server.url()))),
          timeline,
          new Metrics());
    }

    @Override
    protected String namespace() {
      return "default";
    }

    @AfterEach
    void close() {
      server.close();
      timeline.stop();
    }
  }
}
