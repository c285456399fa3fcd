package dev.thresher.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.serving.Access;
import dev.thresher.runtime.serving.Endpoint;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.time.SystemTimeline;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ControllerProcessTest {

  private final ShutdownSignal signal = ShutdownSignal.detached();
  private final List<String> seen = Collections.synchronizedList(new ArrayList<>());

  private ControllerProcess process() {
    return new ControllerProcess(
        new ProcessConfig(
            "me",
            Optional.empty(),
            Optional.of(Endpoint.http("127.0.0.1", 0, "--secure-port")),
            Access.openPaths(Access.HEALTH),
            Optional.empty(),
            new JsonObject()),
        signal,
        new SystemTimeline(),
        new Metrics(),
        new HealthRegistry(),
        Optional.empty());
  }

  private Component part(String name) {
    return new Component() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void start() {
        seen.add("+" + name);
        if (name.equals("controller")) {
          signal.request(0, "test");
        }
      }

      @Override
      public void stop() {
        seen.add("-" + name);
      }
    };
  }

  private Stages stages() {
    return new Stages(
        List.of(part("server")),
        List.of(part("events")),
        List.of(part("cache")),
        List.of(part("controller")));
  }

  @Test
  void thePortComesFirst() {
    assertThat(process().components(stages()).getFirst().name()).isEqualTo("ops-server");
  }

  @Test
  void controllersStartLastAndStopFirst() throws Exception {
    assertThat(process().run(stages())).isZero();
    assertThat(seen)
        .containsExactly(
            "+server",
            "+events",
            "+cache",
            "+controller",
            "-controller",
            "-cache",
            "-events",
            "-server");
  }
}
