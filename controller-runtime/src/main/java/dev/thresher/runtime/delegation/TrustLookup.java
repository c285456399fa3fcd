package dev.thresher.runtime.delegation;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.ClientConfigException;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.time.Timeline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds out whose certificates count, from files and from what the API server publishes. Looks
/// again when a client with a certificate comes and the last look is older than 30 s, so that
/// rotated authorities count without a restart. Thread-safe.
final class TrustLookup {

  static final ObjectKey PUBLISHED =
      ObjectKey.of("kube-system", "extension-apiserver-authentication");

  private static final Logger log = LoggerFactory.getLogger(TrustLookup.class);
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

  private final AuthenticationSettings settings;
  private final Supplier<KubeApi> server;
  private final Timeline timeline;

  private @Nullable TrustedClients last;
  private long lookedAt;
  private String lastComplaint = "";

  TrustLookup(AuthenticationSettings settings, Supplier<KubeApi> server, Timeline timeline) {
    this.settings = settings;
    this.server = server;
    this.timeline = timeline;
  }

  /// @throws KubeApiException if nothing is known yet and the API server does not answer
  synchronized TrustedClients current() {
    if (last != null && timeline.nanoTime() - lookedAt < LOOK_AGAIN.toNanos()) {
      return last;
    }
    TrustedClients found = look();
    last = found;
    lookedAt = timeline.nanoTime();
    return found;
  }

  private TrustedClients look() {
    try {
      Optional<TrustedClients> published = settings.needsLookup() ? lookUp() : Optional.empty();
      Authorities clients =
          settings.clientCaFile().isEmpty()
              ? published.map(TrustedClients::clients).orElse(Authorities.NONE)
              : file(settings.clientCaFile(), "--client-ca-file");
      RequestHeaders proxies =
          settings.requestHeaderCaFile().isEmpty()
              ? published
                  .map(TrustedClients::proxies)
                  .orElseGet(() -> TrustedClients.proxies(Authorities.NONE, settings))
              : TrustedClients.proxies(
                  file(settings.requestHeaderCaFile(), "--requestheader-client-ca-file"), settings);
      return new TrustedClients(clients, proxies);
    } catch (ClientConfigException e) {
      complain("the authorities for clients cannot be read", String.valueOf(e.getMessage()));
      return lastOrNobody();
    }
  }

  private Optional<TrustedClients> lookUp() {
    try {
      Optional<JsonObject> map = server.get().getJson(CoreTypes.CONFIG_MAP, PUBLISHED);
      if (map.isEmpty()) {
        complain("the API server publishes no authorities for clients", PUBLISHED.toString());
        return Optional.empty();
      }
      JsonObject data =
          map.get().get("data") instanceof JsonObject given ? given : new JsonObject();
      TrustedClients found = TrustedClients.published(data, settings);
      lastComplaint = "";
      return Optional.of(found);
    } catch (KubeApiException e) {
      if (e.is(Reason.FORBIDDEN)) {
        complain(
            "the role does not allow to read the authorities for clients: client certificates do"
                + " not count, as with --authentication-skip-lookup",
            String.valueOf(e.getMessage()));
        return Optional.empty();
      }
      if (last != null) {
        return Optional.of(last);
      }
      if (settings.tolerateLookupFailure()) {
        complain("the authorities for clients are not known", String.valueOf(e.getMessage()));
        return Optional.empty();
      }
      throw e;
    }
  }

  private TrustedClients lastOrNobody() {
    return last != null
        ? last
        : new TrustedClients(Authorities.NONE, TrustedClients.proxies(Authorities.NONE, settings));
  }

  private void complain(String message, String problem) {
    if (!problem.equals(lastComplaint)) {
      lastComplaint = problem;
      log.atWarn().addKeyValue("problem", problem).log(message);
    }
  }

  private static Authorities file(String path, String flag) {
    try {
      return TrustedClients.authorities(
          Files.readString(Path.of(path), StandardCharsets.US_ASCII), path);
    } catch (IOException e) {
      throw new ClientConfigException(flag + ": " + path + " cannot be read: " + e.getMessage(), e);
    }
  }
}
