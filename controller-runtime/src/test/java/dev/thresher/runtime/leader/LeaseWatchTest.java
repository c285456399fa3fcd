package dev.thresher.runtime.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.ListQuery;
import dev.thresher.runtime.client.WatchApi;
import dev.thresher.runtime.client.WatchQuery;
import dev.thresher.runtime.client.WatchStream;
import dev.thresher.runtime.time.VirtualTimeline;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class LeaseWatchTest {

  private static final LeaderElectionConfig CONFIG =
      new LeaderElectionConfig(
          ObjectKey.of("kube-system", "ccm"),
          "me",
          Duration.ofSeconds(15),
          Duration.ofSeconds(10),
          // Real time: the pause between two watches.
          Duration.ofMillis(20));

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final Watches api = new Watches();
  private final AtomicInteger free = new AtomicInteger();
  private final LeaseWatch watch = new LeaseWatch(api, CONFIG, timeline, free::incrementAndGet);

  @AfterEach
  void end() {
    watch.end();
  }

  @Test
  void tellsOfReleaseAndDeletionAndOfNothingElse() {
    watch.start();
    Stream stream = api.next(1);
    stream.send("ADDED", "other");
    stream.send("MODIFIED", "other");
    stream.send("BOOKMARK", "");
    stream.send("MODIFIED", "");
    await().until(() -> free.get() == 1);

    stream.send("MODIFIED", "third");
    stream.send("DELETED", "third");
    await().until(() -> free.get() == 2);

    assertThat(api.queries.getFirst().fieldSelector()).isEqualTo("metadata.name=ccm");
    assertThat(api.queries.getFirst().namespace()).isEqualTo("kube-system");
  }

  @Test
  void watchesAgainWhenTheServerEndsIt() {
    watch.start();
    api.next(1).finish();

    api.next(2).send("ADDED", "");

    await().until(() -> free.get() == 1);
  }

  @Test
  void watchesAgainWhenTheConnectionBreaks() {
    watch.start();
    api.next(1).fail(Reason.UNREACHABLE);

    api.next(2).send("ADDED", "");

    await().until(() -> free.get() == 1);
  }

  @Test
  void givesUpWhenItIsNotAllowed() {
    watch.start();
    api.next(1).fail(Reason.FORBIDDEN);

    await().until(() -> api.streams.getFirst().closed);
    watch.start();
    assertThat(api.streams).hasSize(1);
  }

  @Test
  void knowsWhetherItHears() {
    watch.start();
    Stream first = api.next(1);
    assertThat(watch.hears()).as("not refused yet, and not accepted").isFalse();
    first.send("ADDED", "other");
    await().until(watch::hears);

    first.fail(Reason.UNREACHABLE);
    await().until(() -> !watch.hears());
    api.next(2).send("ADDED", "other");
    await().until(watch::hears);

    watch.end();
    assertThat(watch.hears()).isFalse();
  }

  @Test
  void closesAConnectionThatIsSilent() {
    watch.start();
    Stream stream = api.next(1);
    timeline.advance(Duration.ofSeconds(10));
    stream.send("MODIFIED", "");
    await().until(() -> free.get() == 1);
    timeline.advance(Duration.ofSeconds(10));
    assertThat(stream.closed).as("heard of 10 s ago").isFalse();

    timeline.advance(Duration.ofSeconds(20));

    assertThat(stream.closed).isTrue();
    api.next(2);
  }

  @Test
  void endsAtOnce() {
    watch.start();
    Stream stream = api.next(1);

    watch.end();

    assertThat(stream.closed).isTrue();
  }

  @Test
  void aStandbyTakesAReleasedLeaseWithoutWaiting() {
    var server = new LeaseServer();
    server.put(
        """
        {"metadata":{"namespace":"kube-system","name":"ccm"},
         "spec":{"holderIdentity":"other","leaseDurationSeconds":15}}
        """);
    LeaderElection standby =
        LeaderElection.builder(CONFIG, server, timeline)
            .watch(api)
            .deterministic(Runnable::run, () -> 0.5)
            .build();
    standby.start();
    timeline.runDue();
    assertThat(standby.held()).isFalse();
    Stream stream = api.next(1);

    server.edit(json -> json.getAsJsonObject("spec").addProperty("holderIdentity", ""));
    stream.send("MODIFIED", "");

    await()
        .until(() -> {
          timeline.runDue();
          return standby.held();
        });
    await().until(() -> stream.closed);
    standby.stop();
  }

  private static final class Watches implements WatchApi {
    private final List<WatchQuery> queries = new CopyOnWriteArrayList<>();
    private final List<Stream> streams = new CopyOnWriteArrayList<>();

    Stream next(int count) {
      await().until(() -> streams.size() >= count && streams.get(count - 1).reading);
      return streams.get(count - 1);
    }

    @Override
    public String name() {
      return "fake";
    }

    @Override
    public RawPage listRaw(ResourceType<?> type, ListQuery query, Consumer<JsonObject> item) {
      throw new UnsupportedOperationException("the watch does not list");
    }

    @Override
    public WatchStream watch(ResourceType<?> type, WatchQuery query) {
      var stream = new Stream();
      queries.add(query);
      streams.add(stream);
      return stream;
    }
  }

  private static final class Stream implements WatchStream {
    private final BlockingQueue<Optional<JsonObject>> events = new LinkedBlockingQueue<>();
    private volatile Reason failure = Reason.UNREACHABLE;
    private volatile boolean closed;
    private volatile boolean reading;

    void send(String type, String holder) {
      events.add(
          Optional.of(
              JsonParser.parseString(
                      "{\"type\":\"%s\",\"object\":{\"spec\":{\"holderIdentity\":\"%s\"}}}"
                          .formatted(type, holder))
                  .getAsJsonObject()));
    }

    void finish() {
      events.add(Optional.empty());
    }

    void fail(Reason reason) {
      failure = reason;
      close();
    }

    @Override
    public Optional<JsonObject> next() {
      reading = true;
      while (!closed) {
        try {
          Optional<Optional<JsonObject>> event =
              Optional.ofNullable(events.poll(10, TimeUnit.MILLISECONDS));
          if (event.isPresent()) {
            return event.get();
          }
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
          break;
        }
      }
      throw new KubeApiException(failure, 0, "closed", Optional.empty(), null);
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
