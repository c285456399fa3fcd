package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.loadbalancer.rules.Verdict;
import dev.thresher.loadbalancer.webhook.WebhookServer.Hook;
import dev.thresher.loadbalancer.webhook.WebhookServer.UnreadyException;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.runtime.tls.CertifiedKey;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The webhooks of one process: certificates, port, registration, answers.
///
/// The port opens with the first certificate, and the API servers are told of it once the caches
/// are filled. From then on one thread looks, every 15 seconds, whether all of it is as it should
/// be.
public final class Webhook implements Component {

  private static final Logger log = LoggerFactory.getLogger(Webhook.class);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(3);

  /// For so long a program that ends goes on answering: an API server may send it questions until
  /// it has heard that the Service leads elsewhere, and what is not answered is refused.
  private static final Duration FAREWELL = Duration.ofSeconds(3);

  private final WebhookSettings settings;
  private final HostView host;
  private final Admission admission;
  private final CertificateKeeper keeper;
  private final WebhookMetrics metrics;
  private final Semaphore ending = new Semaphore(0);
  private volatile @Nullable WebhookServer server;
  private volatile Optional<String> unopened = Optional.empty();
  private volatile boolean ended;
  private @Nullable Thread looking;

  /// To be made before the informers start.
  public Webhook(
      WebhookSettings settings,
      KubeApi api,
      Informers informers,
      Timeline timeline,
      Metrics metrics) {
    this.settings = settings;
    this.host = new HostView(api, informers);
    this.admission = new Admission(host, settings.enforcePoolScopes());
    this.keeper =
        new CertificateKeeper(
            api, settings, timeline, () -> server != null && host.admissionReady());
    this.metrics = new WebhookMetrics(metrics, timeline, keeper);
  }

  @Override
  public String name() {
    return "webhook";
  }

  /// Begins to look for certificates, which needs no filled cache; the conversion may be needed to
  /// fill one.
  @Override
  public void start() {
    looking = Thread.ofVirtual().name("webhook-certificates").start(this::run);
  }

  /// Takes three seconds, in which it still answers though it is not ready.
  @Override
  public void stop() {
    ended = true;
    ending.release();
    Thread thread = looking;
    try {
      if (thread != null && !thread.join(STOP_LIMIT)) {
        thread.interrupt();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    WebhookServer open = server;
    if (open != null) {
      open.leave();
      farewell();
      open.close();
    }
  }

  private static void farewell() {
    try {
      TimeUnit.NANOSECONDS.sleep(FAREWELL.toNanos());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// Why a question could not be answered now; empty if all is well.
  public Optional<String> problem() {
    if (ended) {
      return Optional.of("the program ends");
    }
    if (unopened.isPresent()) {
      return unopened;
    }
    if (server == null) {
      return Optional.of("no certificate yet: " + keeper.problem().orElse("it is being made"));
    }
    return host.admissionReady() ? Optional.empty() : Optional.of("not all caches are filled");
  }

  private void run() {
    var pace = new LookPace(settings.betweenLooks());
    while (true) {
      boolean again = keeper.look();
      open();
      Duration wait =
          pace.after(again, keeper.problem().isPresent(), server != null && keeper.registered());
      try {
        if (ending.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS)) {
          return;
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void open() {
    if (server != null || keeper.held().isEmpty()) {
      return;
    }
    try {
      server = WebhookServer.open(settings.host(), settings.port(), this::certificate, hooks());
      unopened = Optional.empty();
    } catch (IOException e) {
      if (unopened.isEmpty()) {
        log.atError().addKeyValue("error", e.getMessage()).log("webhooks cannot be served");
      }
      unopened = Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private CertifiedKey certificate() {
    return keeper.held().orElseThrow();
  }

  private Map<String, Hook> hooks() {
    return Map.of(
        Announcement.VALIDATION_PATH,
        new Hook(WebhookServer.ADMISSION_LIMIT, this::validate),
        Announcement.MUTATION_PATH,
        new Hook(WebhookServer.ADMISSION_LIMIT, this::mutate),
        Announcement.CONVERSION_PATH,
        new Hook(WebhookServer.CONVERSION_LIMIT, this::convert));
  }

  private JsonObject validate(JsonObject question) {
    Review review = Review.read(question);
    return metrics.measured(
        "validation",
        review,
        () -> {
          requireCaches();
          Verdict verdict = admission.validate(review);
          return new WebhookMetrics.Answer(review.answered(verdict), verdict.allowed());
        });
  }

  private JsonObject mutate(JsonObject question) {
    Review review = Review.read(question);
    return metrics.measured(
        "mutation",
        review,
        () -> {
          requireCaches();
          JsonArray patch = admission.mutate(review);
          return new WebhookMetrics.Answer(review.allowed(patch), true);
        });
  }

  private JsonObject convert(JsonObject question) {
    return metrics.measured(
        "conversion",
        "loadbalancers",
        "CONVERT",
        () -> {
          if (!host.conversionReady()) {
            throw new UnreadyException("the caches of pools and machines are not filled yet");
          }
          return new WebhookMetrics.Answer(ConversionReview.answer(question, host), true);
        });
  }

  private void requireCaches() {
    if (!host.admissionReady()) {
      throw new UnreadyException("not all caches of the host cluster are filled yet");
    }
  }
}
