package dev.thresher.runtime.delegation;

import com.google.common.base.Ticker;
import dev.thresher.runtime.client.ClientConfigException;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.serving.Gatekeeper;
import dev.thresher.runtime.serving.Reply;
import dev.thresher.runtime.serving.Visit;
import dev.thresher.runtime.time.Timeline;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets in whom the API server would let in.
///
/// First a proxy's headers, then a certificate, then a token; who shows nothing is
/// `system:anonymous`. `system:masters` may everything, for others the API server is asked. What it
/// does not answer is refused with 503, never let in.
///
/// Where the program's role does not allow to ask (`create` on tokenreviews and
/// subjectaccessreviews), that is said once, and only clients on the same machine are let in.
///
/// A server is made when the first such client comes; a program that nobody asks pays nothing.
public final class DelegatedAccess implements Gatekeeper {

  private static final Logger log = LoggerFactory.getLogger(DelegatedAccess.class);

  private final TrustLookup trust;
  private final TokenReviews tokens;
  private final AccessReviews access;
  private final Timeline timeline;
  private final AtomicBoolean saidWithoutRights = new AtomicBoolean();

  /// @param authentication asked for tokens and published authorities
  /// @param authorization asked what a user may
  public DelegatedAccess(
      AuthenticationSettings authenticating,
      ReviewSettings reviews,
      Supplier<KubeApi> authentication,
      Supplier<KubeApi> authorization,
      Metrics metrics,
      Timeline timeline) {
    Ticker ticker =
        new Ticker() {
          @Override
          public long read() {
            return timeline.nanoTime();
          }
        };
    this.trust = new TrustLookup(authenticating, authentication, timeline);
    this.tokens =
        new TokenReviews(
            new Reviews(authentication, TokenReviews.PATH, "authn", metrics, timeline),
            reviews.token(),
            ticker);
    this.access =
        new AccessReviews(
            new Reviews(authorization, AccessReviews.PATH, "authz", metrics, timeline),
            reviews,
            ticker);
    this.timeline = timeline;
  }

  @Override
  public Optional<Reply> refuse(Visit visit) {
    try {
      return switch (identify(visit)) {
        case Identity.Known(User user) -> authorize(user.authenticated(), visit);
        case Identity.Nothing() -> authorize(User.ANONYMOUS, visit);
        case Identity.Refused(String why) ->
            Optional.of(Reply.text(401, "unauthorized: " + why + "\n"));
      };
    } catch (KubeApiException e) {
      if (e.is(Reason.FORBIDDEN)) {
        return withoutRights(visit, e);
      }
      log.atWarn()
          .addKeyValue("path", visit.path())
          .addKeyValue("error", e.getMessage())
          .log("client turned away: the API server does not say who it is or what it may");
      return turnedAway();
    } catch (ClientConfigException e) {
      log.atWarn()
          .addKeyValue("path", visit.path())
          .addKeyValue("error", e.getMessage())
          .log("client turned away: the kubeconfig for the question who it is cannot be used");
      return turnedAway();
    }
  }

  private static Optional<Reply> turnedAway() {
    return Optional.of(
        Reply.text(
            503, "the API server does not say who you are or what you may; try again later\n"));
  }

  @Override
  public boolean asksForCertificates() {
    return true;
  }

  /// One way that knows the user is enough, whatever others say.
  private Identity identify(Visit visit) {
    Optional<Identity.Refused> refused = Optional.empty();
    if (!visit.certificates().isEmpty()) {
      Instant now = timeline.now();
      TrustedClients trusted = trust.current();
      for (Identity identity :
          new Identity[] {
            trusted.proxies().identify(visit, now), certificate(trusted.clients(), visit, now)
          }) {
        switch (identity) {
          case Identity.Known known -> {
            return known;
          }
          case Identity.Refused no -> refused = Optional.of(no);
          case Identity.Nothing() -> {}
        }
      }
    }
    Identity byToken = tokens.identify(visit);
    return byToken instanceof Identity.Nothing && refused.isPresent() ? refused.get() : byToken;
  }

  private static Identity certificate(Authorities authorities, Visit visit, Instant now) {
    if (authorities.isEmpty()) {
      return new Identity.Nothing();
    }
    Optional<String> objection = authorities.objection(visit.certificates(), now);
    if (objection.isPresent()) {
      return new Identity.Refused(objection.get());
    }
    return Subject.of(visit.certificates().getFirst())
        .filter(subject -> !subject.commonName().isEmpty())
        .<Identity>map(subject ->
            new Identity.Known(
                new User(subject.commonName(), "", subject.organisations(), Map.of())))
        .orElseGet(() -> new Identity.Refused("the certificate has no common name"));
  }

  private Optional<Reply> authorize(User user, Visit visit) {
    String verb = visit.method().toLowerCase(Locale.ROOT);
    if (access.allows(user, verb, visit.path())) {
      return Optional.empty();
    }
    return Optional.of(
        Reply.text(
            403,
            "forbidden: user \""
                + user.name()
                + "\" may not "
                + verb
                + " \""
                + visit.path()
                + "\": grant it with nonResourceURLs in a ClusterRole\n"));
  }

  private Optional<Reply> withoutRights(Visit visit, KubeApiException e) {
    if (saidWithoutRights.compareAndSet(false, true)) {
      log.atWarn()
          .addKeyValue("error", e.getMessage())
          .log(
              "the role does not allow to ask who clients are and what they may: only clients on"
                  + " this machine are let in; grant create on tokenreviews.authentication.k8s.io"
                  + " and subjectaccessreviews.authorization.k8s.io");
    }
    return Gatekeeper.SAME_MACHINE.refuse(visit);
  }
}
