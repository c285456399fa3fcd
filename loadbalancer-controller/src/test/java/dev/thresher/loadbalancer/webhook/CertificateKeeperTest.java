package dev.thresher.loadbalancer.webhook;

import static dev.thresher.loadbalancer.webhook.ConversionTest.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.loadbalancer.ShippedRoles;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Pem;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.time.VirtualTimeline;
import dev.thresher.runtime.tls.CertificateAuthority;
import dev.thresher.runtime.tls.CertifiedKey;
import dev.thresher.runtime.tls.KeyTool;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CertificateKeeperTest {

  /// Signatures that were verified: the same ones are met thousands of times.
  private final Map<List<X509Certificate>, Boolean> signatures = new HashMap<>();

  private static final String NS = "harvester-system";
  private static final ObjectKey CA = ObjectKey.of(NS, "harvester-load-balancer-webhook-ca");
  private static final ObjectKey TLS = ObjectKey.of(NS, "harvester-load-balancer-webhook-tls");
  private static final ObjectKey CONFIGURATION =
      ObjectKey.cluster("harvester-load-balancer-webhook");
  private static final ObjectKey DEFINITION =
      ObjectKey.cluster("loadbalancers.loadbalancer.harvesterhci.io");
  private static final WebhookSettings SETTINGS =
      new WebhookSettings(
          "127.0.0.1",
          8443,
          NS,
          Optional.empty(),
          Duration.ofDays(300),
          Duration.ofDays(30),
          false);

  private final VirtualTimeline timeline =
      new VirtualTimeline(Instant.parse("2026-01-01T00:00:00Z"));
  private final FakeStore store =
      new FakeStore(timeline::now)
          .serve(CoreTypes.VALIDATING_WEBHOOK_CONFIGURATION)
          .serve(CoreTypes.MUTATING_WEBHOOK_CONFIGURATION);
  private final FakeKubeApi api = new FakeKubeApi("host", store);
  private final CertificateKeeper keeper = keeper(api);

  private CertificateKeeper keeper(KubeApi through) {
    return new CertificateKeeper(through, SETTINGS, timeline, () -> true);
  }

  @BeforeEach
  void host() {
    store.put(
        CoreTypes.CUSTOM_RESOURCE_DEFINITION,
        json(
            "{'metadata':{'name':'loadbalancers.loadbalancer.harvesterhci.io'},'spec':{'versions':"
                + "[{'name':'v1alpha1','served':false},{'name':'v1beta1','served':true}]}}"));
    store.put(
        CoreTypes.SERVICE,
        json("{'metadata':{'namespace':'" + NS + "','name':'" + CONFIGURATION.name() + "'}}"));
  }

  private static void settle(CertificateKeeper keeper) {
    for (int i = 0; i < 20; i++) {
      if (!keeper.look()) {
        return;
      }
    }
    throw new AssertionError("does not settle: " + keeper.problem());
  }

  private Authority authority() {
    return Authority.read(store.get(CoreTypes.SECRET, CA).orElseThrow().getData());
  }

  private List<X509Certificate> bundle(ResourceType<?> type) {
    JsonObject webhook =
        store
            .getJson(type, CONFIGURATION)
            .orElseThrow()
            .getAsJsonArray("webhooks")
            .get(0)
            .getAsJsonObject();
    return certificates(webhook.getAsJsonObject("clientConfig"));
  }

  private static List<X509Certificate> certificates(JsonObject client) {
    return Pem.certificates(
        new String(
            Base64.getDecoder().decode(client.get("caBundle").getAsString()),
            StandardCharsets.US_ASCII),
        "bundle");
  }

  private List<X509Certificate> conversionBundle() {
    return certificates(
        definition()
            .getAsJsonObject("spec")
            .getAsJsonObject("conversion")
            .getAsJsonObject("webhook")
            .getAsJsonObject("clientConfig"));
  }

  private JsonObject definition() {
    return store.getJson(CoreTypes.CUSTOM_RESOURCE_DEFINITION, DEFINITION).orElseThrow();
  }

  private boolean trusted(CertifiedKey server, List<X509Certificate> bundle) {
    return bundle.stream()
        .anyMatch(ca ->
            signed(ca, server.chain().getFirst())
                && CertificateAuthority.isValid(ca, timeline.now()));
  }

  private boolean signed(X509Certificate authority, X509Certificate certificate) {
    return signatures.computeIfAbsent(
        List.of(authority, certificate), _ -> CertificateAuthority.signed(authority, certificate));
  }

  /// Whatever a replica serves is trusted by what the API servers were told.
  private void assertTrusted(CertificateKeeper... replicas) {
    for (CertificateKeeper replica : replicas) {
      CertifiedKey server = replica.held().orElseThrow();
      assertThat(CertificateAuthority.isValid(server.chain().getFirst(), timeline.now())).isTrue();
      assertThat(
              Stream.of(
                  bundle(CoreTypes.VALIDATING_WEBHOOK_CONFIGURATION),
                  bundle(CoreTypes.MUTATING_WEBHOOK_CONFIGURATION),
                  conversionBundle()))
          .allMatch(bundle -> trusted(server, bundle));
    }
  }

  @Test
  void makesEverythingFromNothing() {
    settle(keeper);

    assertThat(keeper.problem()).isEmpty();
    assertThat(keeper.registered()).isTrue();
    assertTrusted(keeper);
    assertThat(keeper.held().orElseThrow().names())
        .containsExactly("harvester-load-balancer-webhook.harvester-system.svc");
    assertThat(store.get(CoreTypes.SECRET, TLS).orElseThrow().getType())
        .isEqualTo("kubernetes.io/tls");
    assertThat(store.get(CoreTypes.SECRET, TLS).orElseThrow().getData())
        .containsOnlyKeys("tls.crt", "tls.key");
    assertThat(
            definition()
                .getAsJsonObject("spec")
                .getAsJsonArray("versions")
                .get(0)
                .getAsJsonObject()
                .get("served")
                .getAsBoolean())
        .isTrue();
  }

  @Test
  void whenAllIsWellNothingIsWritten() {
    settle(keeper);
    api.forgetCalls();
    settle(keeper);

    assertThat(api.writes()).isEmpty();
  }

  @Test
  void replicasAgreeThroughTheSecrets() {
    CertificateKeeper other = keeper(api);
    for (int i = 0; i < 6; i++) {
      keeper.look();
      other.look();
    }

    assertThat(other.held()).isEqualTo(keeper.held());
    assertTrusted(keeper, other);
  }

  @Test
  void whoeverIsSlowerTakesWhatTheOtherMade() {
    // Both saw no Secret; the other one creates it first.
    CertificateKeeper other = keeper(api);
    boolean[] once = {true};
    api.fault(call -> {
      if (once[0] && call.verb().equals("create")) {
        once[0] = false;
        settle(other);
      }
      return Optional.empty();
    });
    settle(keeper);

    assertThat(keeper.held()).isEqualTo(other.held());
    assertTrusted(keeper, other);
  }

  @Test
  void takesTheAuthorityThatIsThere() {
    CertifiedKey theirs =
        CertificateAuthority.create(
            "dynamiclistener-ca@1", timeline.now(), timeline.now().plus(Duration.ofDays(3650)));
    store.put(CoreTypes.SECRET, secret(CA, Authority.data(theirs)));
    settle(keeper);

    assertThat(authority().current()).isEqualTo(theirs);
    assertTrusted(keeper);
  }

  private static V1Secret secret(ObjectKey key, Map<String, byte[]> data) {
    return new V1Secret()
        .metadata(new V1ObjectMeta().namespace(key.namespace()).name(key.name()))
        .type("kubernetes.io/tls")
        .data(data);
  }

  @Test
  void makesAnewWhatIsDamagedOrDeleted() {
    damageAndDelete();
  }

  private void damageAndDelete() {
    store.put(
        CoreTypes.SECRET,
        secret(
            CA,
            Map.of("tls.crt", new byte[] {1}, "tls.key", new byte[] {2}, "other", new byte[0])));
    settle(keeper);
    assertTrusted(keeper);
    assertThat(store.get(CoreTypes.SECRET, CA).orElseThrow().getData())
        .containsOnlyKeys("tls.crt", "tls.key");

    CertifiedKey before = keeper.held().orElseThrow();
    assertThat(api.delete(CoreTypes.SECRET, TLS, Precondition.NONE)).isTrue();
    settle(keeper);
    assertThat(keeper.held().orElseThrow()).isNotEqualTo(before);
    assertTrusted(keeper);
  }

  /// One half of each Secret is of another pair, as after a copy by hand.
  @Test
  void makesAnewWhatDoesNotBelongTogether() {
    Instant end = timeline.now().plus(Duration.ofDays(3650));
    CertifiedKey one = CertificateAuthority.create("one", timeline.now(), end);
    CertifiedKey two = CertificateAuthority.create("two", timeline.now(), end);
    store.put(
        CoreTypes.SECRET, secret(CA, Authority.data(new CertifiedKey(one.key(), two.chain()))));
    settle(keeper);
    assertThat(authority().current().isPair()).isTrue();
    assertTrusted(keeper);

    CertifiedKey before = keeper.held().orElseThrow();
    store.put(
        CoreTypes.SECRET, secret(TLS, Authority.data(new CertifiedKey(one.key(), before.chain()))));
    settle(keeper);
    assertThat(keeper.held().orElseThrow().isPair()).isTrue();
    assertThat(keeper.held().orElseThrow()).isNotEqualTo(before);
    assertTrusted(keeper);
  }

  @Test
  void makesAnewAnAuthorityWhoseKeyCannotSign(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("ca.p12");
    KeyTool.generate(
        file,
        "ca",
        "Ed25519",
        "CN=theirs",
        List.of("-ext", "bc=ca:true", "-startdate", "2025/12/01", "-validity", "3650"));
    KeyStore read = KeyStore.getInstance(file.toFile(), KeyTool.PASSWORD.toCharArray());
    var theirs =
        new CertifiedKey(
            (PrivateKey) read.getKey("ca", KeyTool.PASSWORD.toCharArray()),
            List.of((X509Certificate) read.getCertificate("ca")));
    assertThat(theirs.isPair()).isTrue();
    store.put(CoreTypes.SECRET, secret(CA, Authority.data(theirs)));
    settle(keeper);

    assertThat(authority().current().key().getAlgorithm()).isEqualTo("EC");
    assertTrusted(keeper);
  }

  @Test
  void whateverFailsIsSaidAndTriedAgain() {
    api.fault(call -> {
      throw new IllegalStateException("out of order");
    });
    assertThat(keeper.look()).isFalse();
    assertThat(keeper.problem()).contains("out of order");

    api.fault(call -> Optional.empty());
    settle(keeper);
    assertThat(keeper.problem()).isEmpty();
    assertTrusted(keeper);
  }

  @Test
  void foreignEditsAreMended() {
    editAndDelete();
  }

  private void editAndDelete() {
    settle(keeper);
    setPolicy(CoreTypes.VALIDATING_WEBHOOK_CONFIGURATION, "Ignore");
    setPolicy(CoreTypes.MUTATING_WEBHOOK_CONFIGURATION, "Fail");
    settle(keeper);
    assertThat(policy(CoreTypes.VALIDATING_WEBHOOK_CONFIGURATION)).isEqualTo("Fail");
    assertThat(policy(CoreTypes.MUTATING_WEBHOOK_CONFIGURATION)).isEqualTo("Ignore");

    assertThat(
            api.delete(CoreTypes.MUTATING_WEBHOOK_CONFIGURATION, CONFIGURATION, Precondition.NONE))
        .isTrue();
    settle(keeper);
    assertTrusted(keeper);
  }

  private void setPolicy(ResourceType<?> type, String policy) {
    JsonObject configuration = store.getJson(type, CONFIGURATION).orElseThrow();
    configuration
        .getAsJsonArray("webhooks")
        .get(0)
        .getAsJsonObject()
        .addProperty("failurePolicy", policy);
    store.put(type, configuration);
  }

  private String policy(ResourceType<?> type) {
    return webhook(type).get("failurePolicy").getAsString();
  }

  @Tag("simulation")
  @Test
  void everyCertificateIsReplacedInTimeAndTrustedAllTheWhile() {
    CertificateKeeper other = keeper(api);
    settle(keeper);
    settle(other);
    CertifiedKey firstAuthority = authority().current();
    CertifiedKey firstServer = keeper.held().orElseThrow();
    for (int day = 0; day < 700; day += 2) {
      timeline.advance(Duration.ofDays(2));
      // One step of one replica at a time, so that every state in between is looked at.
      for (int step = 0; step < 5; step++) {
        boolean _ = (step % 2 == 0 ? keeper : other).look();
        assertTrusted(keeper, other);
      }
      settle(keeper);
      settle(other);
      assertTrusted(keeper, other);
    }

    assertThat(authority().current()).isNotEqualTo(firstAuthority);
    assertThat(authority().trusted().size()).isLessThanOrEqualTo(3);
    assertThat(keeper.held().orElseThrow()).isNotEqualTo(firstServer);
  }

  @Test
  void withoutTheServiceNothingIsRegistered() {
    store.drop(CoreTypes.SERVICE, ObjectKey.of(NS, CONFIGURATION.name()));
    settle(keeper);

    assertThat(keeper.held()).isPresent();
    assertThat(keeper.registered()).isFalse();
    assertThat(store.getJson(CoreTypes.VALIDATING_WEBHOOK_CONFIGURATION, CONFIGURATION)).isEmpty();
    assertThat(definition().getAsJsonObject("spec").has("conversion")).isFalse();
  }

  @Test
  void nothingIsRegisteredBeforeTheWebhooksAnswer() {
    var silent = new CertificateKeeper(api, SETTINGS, timeline, () -> false);
    settle(silent);

    assertThat(silent.held()).isPresent();
    assertThat(store.getJson(CoreTypes.MUTATING_WEBHOOK_CONFIGURATION, CONFIGURATION)).isEmpty();
  }

  @Test
  void aServerThatIsAwayIsSaidAndTriedAgain() {
    api.failAll(Reason.UNREACHABLE);

    assertThat(keeper.look()).isFalse();
    assertThat(keeper.problem()).isPresent();
    assertThat(keeper.held()).isEmpty();
    api.fault(call -> Optional.empty());
    settle(keeper);
    assertThat(keeper.problem()).isEmpty();
    assertTrusted(keeper);
  }

  @Test
  void namesPathsAndPoliciesAreHarvesters() {
    settle(keeper);
    JsonObject validator = webhook(CoreTypes.VALIDATING_WEBHOOK_CONFIGURATION);
    JsonObject mutator = webhook(CoreTypes.MUTATING_WEBHOOK_CONFIGURATION);

    assertThat(validator.get("name").getAsString())
        .isEqualTo("validator.harvester-system.harvester-load-balancer-webhook");
    assertThat(mutator.get("name").getAsString())
        .isEqualTo("mutator.harvester-system.harvester-load-balancer-webhook");
    assertThat(validator.get("failurePolicy").getAsString()).isEqualTo("Fail");
    assertThat(mutator.get("failurePolicy").getAsString()).isEqualTo("Ignore");
    assertThat(service(validator))
        .isEqualTo(
            json(
                "{'namespace':'harvester-system','name':'harvester-load-balancer-webhook',"
                    + "'path':'/v1/webhook/validation','port':443}"));
    assertThat(service(mutator).get("path").getAsString()).isEqualTo("/v1/webhook/mutation");
    assertThat(
            definition()
                .getAsJsonObject("spec")
                .getAsJsonObject("conversion")
                .getAsJsonObject("webhook")
                .getAsJsonObject("clientConfig")
                .getAsJsonObject("service")
                .get("path")
                .getAsString())
        .isEqualTo("/v1/webhook/conversion");
  }

  private JsonObject webhook(ResourceType<?> type) {
    return store
        .getJson(type, CONFIGURATION)
        .orElseThrow()
        .getAsJsonArray("webhooks")
        .get(0)
        .getAsJsonObject();
  }

  private static JsonObject service(JsonObject webhook) {
    return webhook.getAsJsonObject("clientConfig").getAsJsonObject("service");
  }

  @Test
  void aUrlTakesThePlaceOfTheService() {
    store.drop(CoreTypes.SERVICE, ObjectKey.of(NS, CONFIGURATION.name()));
    var settings =
        new WebhookSettings(
            "0.0.0.0",
            8443,
            NS,
            Optional.of(URI.create("https://[2001:db8::7]:8443")),
            Duration.ofDays(300),
            Duration.ofDays(30),
            false);
    var byUrl = new CertificateKeeper(api, settings, timeline, () -> true);
    settle(byUrl);

    assertThat(byUrl.held().orElseThrow().names()).hasSize(2);
    assertThat(
            webhook(CoreTypes.VALIDATING_WEBHOOK_CONFIGURATION)
                .getAsJsonObject("clientConfig")
                .get("url")
                .getAsString())
        .isEqualTo("https://[2001:db8::7]:8443/v1/webhook/validation");
  }

  /// The roles that are shipped allow what is done, and nothing else.
  @Test
  void needsNoOtherRightsThanThoseShipped() throws IOException {
    damageAndDelete();
    editAndDelete();
    var cluster = new TreeSet<String>();
    var namespace = new TreeSet<String>();
    api.calls().stream()
        .filter(call -> !call.verb().equals("delete"))
        .forEach(call ->
            (call.key().namespace().isEmpty() ? cluster : namespace)
                .add(call.verb() + " " + call.resource()));
    for (String watched :
        List.of(
            "ippools.loadbalancer.harvesterhci.io",
            "addressclaims.net.thresher.dev",
            "virtualmachines.kubevirt.io",
            "virtualmachineinstances.kubevirt.io",
            "namespaces")) {
      cluster.add("list " + watched);
      cluster.add("watch " + watched);
    }
    // Asked by AdmissionTest.aPoolThatTheCacheDoesNotKnowYetIsAskedFor and aNetworkMustExist.
    cluster.add("get ippools.loadbalancer.harvesterhci.io");
    cluster.add("get network-attachment-definitions.k8s.cni.cncf.io");
    // By AdmissionTest.aPoolGivesNoAddressThatOthersAnswerFor.
    cluster.add("list nodes");
    // By AdmissionTest.aPortOfASharedAddressIsAnothersAsLongAsThatHasIt.
    cluster.add("list loadbalancers.loadbalancer.harvesterhci.io");
    namespace.add("get configmaps");

    assertThat(
            new TreeSet<>(ShippedRoles.allowed("ClusterRole", "harvester-load-balancer-webhook")))
        .isEqualTo(cluster);
    assertThat(new TreeSet<>(ShippedRoles.allowed("Role", "harvester-load-balancer-webhook")))
        .isEqualTo(namespace);
    assertThat(ShippedRoles.allowed("Role", "harvester-load-balancer-webhook-endpoints"))
        .containsExactly("get endpointslices.discovery.k8s.io");
  }
}
