package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.ClientConfigException;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.runtime.tls.CertificateAuthority;
import dev.thresher.runtime.tls.CertifiedKey;
import io.kubernetes.client.openapi.models.V1Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes and renews the certificates in the two Secrets, and announces whom to trust.
///
/// All replicas do this. Each write carries the version that was seen, so that of two that do the
/// same at the same time one succeeds, and the other looks again and uses what the first has made.
/// Used by one thread; [#serving] may be asked by any.
final class CertificateKeeper {

  static final String AUTHORITY_SECRET = WebhookSettings.NAME + "-ca";
  static final String SERVER_SECRET = WebhookSettings.NAME + "-tls";

  private static final Logger log = LoggerFactory.getLogger(CertificateKeeper.class);

  /// The clocks of API servers may be behind.
  private static final Duration BACKDATED = Duration.ofHours(1);

  private final KubeApi api;
  private final WebhookSettings settings;
  private final Registrar registrar;
  private final Timeline timeline;
  private final Supplier<Boolean> serving;
  private volatile Optional<CertifiedKey> held = Optional.empty();
  private volatile Optional<String> problem = Optional.of("not looked at yet");
  private volatile boolean registered;

  /// @param serving whether the webhooks answer, so that API servers may be told of them
  CertificateKeeper(
      KubeApi api, WebhookSettings settings, Timeline timeline, Supplier<Boolean> serving) {
    this.api = api;
    this.settings = settings;
    this.registrar = new Registrar(api, settings);
    this.timeline = timeline;
    this.serving = serving;
  }

  /// The server's key and certificate, empty before the first one.
  Optional<CertifiedKey> held() {
    return held;
  }

  /// Whether API servers have been told of the webhooks as they are.
  boolean registered() {
    return registered;
  }

  /// What kept the last look from its end.
  Optional<String> problem() {
    return problem;
  }

  /// Brings everything one step further.
  ///
  /// @return whether to look again at once
  boolean look() {
    try {
      boolean again = step();
      problem = Optional.empty();
      return again;
    } catch (KubeApiException e) {
      if (e.is(Reason.CONFLICT) || e.is(Reason.ALREADY_EXISTS)) {
        log.atDebug().addKeyValue("error", e.getMessage()).log("another replica was quicker");
        return true;
      }
      return failed(e);
    } catch (RuntimeException e) {
      // Whatever it is: nobody else renews the certificates of this process.
      return failed(e);
    }
  }

  private boolean failed(RuntimeException e) {
    Optional<String> now = Optional.of(String.valueOf(e.getMessage()));
    if (!problem.equals(now)) {
      log.atWarn().setCause(e).log("certificates cannot be looked after, tried again");
    }
    problem = now;
    return false;
  }

  private boolean step() {
    Optional<Registrar.Seen> seen =
        mayAnnounce() ? Optional.of(registrar.look()) : Optional.empty();
    Optional<V1Secret> authoritySecret = secret(AUTHORITY_SECRET);
    Optional<Authority> authority =
        authoritySecret.flatMap(s -> read(AUTHORITY_SECRET, () -> Authority.read(data(s))));
    boolean trusted = false;
    if (seen.isPresent() && authority.isPresent()) {
      boolean written =
          registrar.announce(seen.get(), new Announcement(settings, authority.get().trusted()));
      registered = true;
      trusted = !written;
    }
    Optional<V1Secret> serverSecret = secret(SERVER_SECRET);
    Optional<CertifiedKey> server =
        serverSecret.flatMap(s -> read(SERVER_SECRET, () -> Authority.key(data(s))));
    Instant now = timeline.now();
    return switch (CertificatePlan.next(
        authority, server, settings.names(), trusted, settings.lives(), now)) {
      case CertificatePlan.Step.Found _ ->
          write(AUTHORITY_SECRET, authoritySecret, Authority.of(newAuthority(now)).data(), "made");
      case CertificatePlan.Step.Prepare _ ->
          write(
              AUTHORITY_SECRET,
              authoritySecret,
              authority.orElseThrow().preparing(newAuthority(now), now).data(),
              "successor made");
      case CertificatePlan.Step.Promote _ ->
          write(
              AUTHORITY_SECRET,
              authoritySecret,
              authority.orElseThrow().promoted().data(),
              "successor signs from now on");
      case CertificatePlan.Step.Issue _ -> {
        CertifiedKey issued =
            CertificateAuthority.issue(
                authority.orElseThrow().current(),
                settings.names(),
                now.minus(BACKDATED),
                now.plus(settings.serverLife()));
        yield write(SERVER_SECRET, serverSecret, Authority.data(issued), "made");
      }
      case CertificatePlan.Step.Rest _ -> {
        hold(server.orElseThrow());
        yield false;
      }
    };
  }

  private boolean mayAnnounce() {
    if (!serving.get()) {
      return false;
    }
    Optional<String> obstacle = registrar.obstacle();
    obstacle.ifPresent(reason -> {
      registered = false;
      problem = obstacle;
      log.atWarn().addKeyValue("reason", reason).log("webhooks are not registered");
    });
    return obstacle.isEmpty();
  }

  private void hold(CertifiedKey server) {
    if (!held.equals(Optional.of(server))) {
      held = Optional.of(server);
      log.atInfo()
          .addKeyValue("names", server.names())
          .addKeyValue("expires", server.chain().getFirst().getNotAfter().toInstant())
          .log("serving certificate taken");
    }
  }

  private CertifiedKey newAuthority(Instant now) {
    return CertificateAuthority.create(
        AUTHORITY_SECRET + "@" + now.toEpochMilli(),
        now.minus(BACKDATED),
        now.plus(settings.authorityLife()));
  }

  private ObjectKey key(String name) {
    return ObjectKey.of(settings.namespace(), name);
  }

  private Optional<V1Secret> secret(String name) {
    return api.get(CoreTypes.SECRET, key(name));
  }

  private static Map<String, byte[]> data(V1Secret secret) {
    return secret.getData() == null ? Map.of() : secret.getData();
  }

  private static <T> Optional<T> read(String name, Supplier<T> reading) {
    try {
      return Optional.of(reading.get());
    } catch (ClientConfigException e) {
      log.atWarn()
          .addKeyValue("secret", name)
          .addKeyValue("error", e.getMessage())
          .log("Secret cannot be used and is made anew");
      return Optional.empty();
    }
  }

  /// @param seen as it was read, empty if there is none
  /// @return true: what was written is to be looked at
  private boolean write(
      String name, Optional<V1Secret> seen, Map<String, byte[]> content, String what) {
    var data = new JsonObject();
    seen.map(CertificateKeeper::data)
        .ifPresent(old -> old.keySet().forEach(field -> data.add(field, JsonNull.INSTANCE)));
    content.forEach(
        (field, bytes) -> data.addProperty(field, Base64.getEncoder().encodeToString(bytes)));
    JsonObject document = Patches.nest(data, "data");
    if (seen.isPresent()) {
      var _ = api.patch(CoreTypes.SECRET, key(name), Patches.merge(seen.get(), document));
    } else {
      var metadata = new JsonObject();
      metadata.addProperty("name", name);
      metadata.addProperty("namespace", settings.namespace());
      document.add("metadata", metadata);
      document.addProperty("apiVersion", "v1");
      document.addProperty("kind", "Secret");
      document.addProperty("type", "kubernetes.io/tls");
      var _ = api.createJson(CoreTypes.SECRET, settings.namespace(), document);
    }
    log.atInfo().addKeyValue("secret", name).addKeyValue("what", what).log("certificate changed");
    return true;
  }
}
