package dev.thresher.loadbalancer.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.loadbalancer.webhook.CertificatePlan.Lives;
import dev.thresher.loadbalancer.webhook.CertificatePlan.Step;
import dev.thresher.runtime.tls.CertificateAuthority;
import dev.thresher.runtime.tls.CertifiedKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class CertificatePlanTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Lives LIVES =
      new Lives(Duration.ofDays(300), Duration.ofDays(30), Duration.ofMinutes(5));
  private static final List<String> NAMES = List.of("hook.ns.svc");

  private static CertifiedKey authority(String name, int days) {
    return CertificateAuthority.create(
        name, NOW.minus(Duration.ofDays(300)), NOW.plus(Duration.ofDays(days)));
  }

  private static CertifiedKey server(CertifiedKey authority, List<String> names, int days) {
    return CertificateAuthority.issue(
        authority, names, NOW.minus(Duration.ofDays(30)), NOW.plus(Duration.ofDays(days)));
  }

  private static Step next(Authority authority, CertifiedKey server, boolean trusted) {
    return CertificatePlan.next(
        Optional.of(authority), Optional.of(server), NAMES, trusted, LIVES, NOW);
  }

  @Test
  void beginsWithAnAuthorityThenAServer() {
    assertThat(CertificatePlan.next(Optional.empty(), Optional.empty(), NAMES, false, LIVES, NOW))
        .isInstanceOf(Step.Found.class);
    CertifiedKey ca = authority("a", 200);
    assertThat(
            CertificatePlan.next(
                Optional.of(Authority.of(ca)), Optional.empty(), NAMES, false, LIVES, NOW))
        .isInstanceOf(Step.Issue.class);
    assertThat(next(Authority.of(ca), server(ca, NAMES, 20), false)).isInstanceOf(Step.Rest.class);
  }

  @Test
  void renewsTheServersWhenAThirdIsLeftOrItIsNotRight() {
    CertifiedKey ca = authority("a", 200);
    Authority present = Authority.of(ca);

    assertThat(next(present, server(ca, NAMES, 11), true)).isInstanceOf(Step.Rest.class);
    assertThat(next(present, server(ca, NAMES, 10), true)).isInstanceOf(Step.Issue.class);
    assertThat(next(present, server(ca, NAMES, -1), true)).isInstanceOf(Step.Issue.class);
    assertThat(next(present, server(ca, List.of("other"), 20), true))
        .isInstanceOf(Step.Issue.class);
    assertThat(next(present, server(authority("a", 200), NAMES, 20), true))
        .as("signed by another of the same name")
        .isInstanceOf(Step.Issue.class);
    assertThat(next(present, server(ca, List.of("more", "hook.ns.svc"), 20), true))
        .isInstanceOf(Step.Rest.class);
  }

  @Test
  void makesAnAuthorityAnewWhenItIsOverOrNone() {
    CertifiedKey over = authority("a", -1);
    assertThat(next(Authority.of(over), server(over, NAMES, 20), true))
        .isInstanceOf(Step.Found.class);
    CertifiedKey ca = authority("a", 200);
    CertifiedKey leaf = server(ca, NAMES, 20);
    assertThat(next(Authority.of(leaf), leaf, true)).isInstanceOf(Step.Found.class);
  }

  @Test
  void aSuccessorSignsOnlyWhenItIsTrustedEverywhere() {
    CertifiedKey old = authority("old", 99);
    CertifiedKey server = server(old, NAMES, 20);
    assertThat(next(Authority.of(old), server, true)).isInstanceOf(Step.Prepare.class);

    CertifiedKey successor = authority("new", 300);
    Instant early = NOW.minus(Duration.ofMinutes(4));
    Instant settled = NOW.minus(Duration.ofMinutes(5));
    Authority prepared = Authority.of(old).preparing(successor, early);
    assertThat(prepared.trusted())
        .containsExactly(old.chain().getFirst(), successor.chain().getFirst());
    assertThat(next(prepared, server, true)).isInstanceOf(Step.Rest.class);
    Authority ready = Authority.of(old).preparing(successor, settled);
    assertThat(next(ready, server, false)).isInstanceOf(Step.Rest.class);
    assertThat(next(ready, server, true)).isInstanceOf(Step.Promote.class);

    Authority promoted = ready.promoted();
    assertThat(promoted.current()).isEqualTo(successor);
    assertThat(promoted.trusted()).as("the bundle stays as it is").isEqualTo(ready.trusted());
    assertThat(next(promoted, server, true)).isInstanceOf(Step.Issue.class);
    assertThat(next(promoted, server(successor, NAMES, 20), true)).isInstanceOf(Step.Rest.class);
    assertThat(promoted.preparing(authority("third", 300), NOW).former())
        .containsExactly(old.chain().getFirst());
    assertThat(promoted.preparing(authority("third", 300), LATER).former())
        .as("what is over is forgotten")
        .isEmpty();
  }

  private static final Instant LATER = NOW.plus(Duration.ofDays(100));

  @Test
  void aServersCertificateThatEndsWithItsAuthorityIsNotMadeOverAndOver() {
    CertifiedKey nearlyOver = authority("old", 5);
    Authority prepared = Authority.of(nearlyOver).preparing(authority("new", 300), NOW);

    assertThat(next(prepared, server(nearlyOver, NAMES, 30), false)).isInstanceOf(Step.Rest.class);
  }

  @Test
  void theSecretHoldsAllOfIt() {
    Authority before =
        Authority.of(authority("a", 99))
            .preparing(authority("b", 99), NOW)
            .promoted()
            .preparing(authority("c", 99), NOW);

    assertThat(Authority.read(before.data())).isEqualTo(before);
    Authority plain = Authority.of(authority("a", 99));
    assertThat(plain.data()).containsOnlyKeys("tls.crt", "tls.key");
    assertThat(Authority.read(plain.data())).isEqualTo(plain);
  }
}
