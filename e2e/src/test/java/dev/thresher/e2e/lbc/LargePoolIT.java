package dev.thresher.e2e.lbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.address.IpAddress;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.KubeApi.ApiFailure;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Placement;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.PoolProjection;
import dev.thresher.loadbalancer.ipam.PoolRange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Pools whose status is as large as it may be, on a real API server with etcd's own limit of 1.5
/// MiB.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LargePoolIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String SYSTEM = "harvester-system";
  private static final String GROUP = "/apis/loadbalancer.harvesterhci.io/v1beta1/";
  private static final String POOLS = GROUP + "ippools/";
  private static final String BALANCERS = GROUP + "namespaces/default/loadbalancers";

  /// More than any status can hold.
  private static final int CLAIMS = 42_000;

  private Lab lab;
  private ControlPlane host;

  @BeforeAll
  void start() {
    lab = Lab.builder().hostNodes(0).start();
    host = lab.host();
    host.ensureNamespace(SYSTEM);
    host.apply(Dist.find().chartFile("loadbalancer-controller", "rbac.yaml"));
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  /// What addresses and names look like.
  enum Kind {
    OF_GUESTS(false, 0),
    LONG_ADDRESSES(true, 0),
    LONG_NAMES(false, 245);

    private final boolean ipv6;
    private final int filling;

    Kind(boolean ipv6, int filling) {
      this.ipv6 = ipv6;
      this.filling = filling;
    }

    String subnet() {
      return ipv6 ? "2001:db8:1111:2222::/64" : "10.0.0.0/15";
    }

    private String address(int i) {
      return ipv6
          ? "2001:db8:1111:2222:3333:4444:5555:" + Integer.toHexString(0x1000 + i)
          : "10.0." + i / 250 + "." + (2 + i % 250);
    }

    /// One that is nobody's.
    private String other(int i) {
      return ipv6
          ? "2001:db8:1111:2222:ffff:ffff:ffff:" + Integer.toHexString(0x1000 + i)
          : "10.1." + i / 250 + "." + (2 + i % 250);
    }

    private String owner(int i) {
      return filling > 0
          ? "x".repeat(filling) + "%08x".formatted(i)
          : "guest-1-default-web-%08x".formatted(i);
    }

    Pool pool() {
      return new Pool(
          name(),
          "",
          0,
          List.of(),
          List.of(PoolRange.parse("subnet", subnet(), "", "", "", List.of())));
    }

    List<Claim> claims(int count) {
      var claims = new ArrayList<Claim>();
      for (int i = 0; i < count; i++) {
        claims.add(
            new Claim(
                "uid-" + i,
                "1",
                new ClaimKey("", IpAddress.parse(address(i))),
                name(),
                new Owner("default", owner(i)),
                "uid",
                "",
                Placement.GUEST,
                24,
                null,
                false,
                Instant.EPOCH,
                null,
                ""));
      }
      return claims;
    }

    /// Of addresses that are free.
    Map<String, String> history(int count) {
      var history = new TreeMap<String, String>();
      for (int i = 0; i < count; i++) {
        history.put(other(i), "default/gone-%05d".formatted(i));
      }
      return history;
    }

    String objectName() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private JsonObject emptyPool(String name, String subnet) {
    return host.api()
        .apply(
            JsonParser.parseString(
                    """
                    {"apiVersion": "loadbalancer.harvesterhci.io/v1beta1", "kind": "IPPool",
                     "metadata": {"name": "%s"},
                     "spec": {"ranges": [{"subnet": "%s"}]}}
                    """
                        .formatted(name, subnet))
                .getAsJsonObject());
  }

  private static JsonObject status(PoolProjection projection) {
    var status = new JsonObject();
    status.addProperty("total", projection.total());
    status.addProperty("available", projection.available());
    status.addProperty("lastAllocated", projection.lastAllocated());
    status.add("allocated", json(projection.allocated()));
    status.add("allocatedHistory", json(projection.history()));
    var document = new JsonObject();
    document.add("status", status);
    return document;
  }

  private static JsonObject json(Map<String, String> entries) {
    var object = new JsonObject();
    entries.forEach(object::addProperty);
    return object;
  }

  private Map<String, String> said(String pool, String field) {
    var said = new TreeMap<String, String>();
    JsonObject status = host.api().get(POOLS + pool).getAsJsonObject("status");
    if (status.has(field)) {
      status.getAsJsonObject(field).asMap().forEach((k, v) -> said.put(k, v.getAsString()));
    }
    return said;
  }

  /// Written at once, and once more by somebody who applies it, which makes the entries of
  /// `metadata.managedFields` his.
  @ParameterizedTest
  @EnumSource
  void theLargestStatusIsTakenAndReadBack(Kind kind) {
    PoolProjection projection =
        PoolProjection.of(
            kind.pool(),
            new PoolProjection.Standing("", Map.of(), kind.history(4_000)),
            kind.claims(CLAIMS),
            Map.of());
    assertThat(projection.truncated()).isPositive();
    emptyPool(kind.objectName(), kind.subnet());

    JsonObject stored = host.api().merge(POOLS + kind.objectName(), status(projection));

    assertThat(said(kind.objectName(), "allocated")).isEqualTo(projection.allocated());
    assertThat(said(kind.objectName(), "allocatedHistory")).isEqualTo(projection.history());
    assertThat(stored.getAsJsonObject("metadata").get("managedFields").toString())
        .contains("f:" + projection.allocated().firstKey());

    // The bound is there for a reason: etcd does not take twice as many.
    var more = new TreeMap<>(projection.allocated());
    for (Claim claim : kind.claims(CLAIMS)) {
      if (more.size() < 2 * projection.allocated().size()) {
        more.putIfAbsent(claim.address().toString(), claim.owner().toString());
      }
    }
    assertThat(more).hasSize(2 * projection.allocated().size());
    var tooMuch = new JsonObject();
    var status = new JsonObject();
    status.add("allocated", json(more));
    tooMuch.add("status", status);
    assertThatThrownBy(() -> host.api().merge(POOLS + kind.objectName(), tooMuch))
        .isInstanceOf(ApiFailure.class)
        .hasMessageContaining("too large");
    host.api().delete(POOLS + kind.objectName());
  }

  /// The controller comes to a pool that is nearly full of what another one gave, and gives on.
  @Test
  void theFirstWritesBeyondTheBoundDropHistoryThenClaimsAndNeverWhatNoClaimSaysAnyMore() {
    Kind kind = Kind.OF_GUESTS;
    Map<String, String> before = new TreeMap<>();
    int left = PoolProjection.MAX_BYTES - 400;
    for (Claim claim : kind.claims(CLAIMS)) {
      String address = claim.address().toString();
      int bytes = address.length() + claim.owner().toString().length() + 6;
      if (bytes > left) {
        break;
      }
      left -= bytes;
      before.put(address, claim.owner().toString());
    }
    assertThat(before).hasSizeGreaterThan(17_000);
    emptyPool("full", kind.subnet());
    JsonObject document =
        status(
            new PoolProjection(
                131_069,
                131_069 - before.size(),
                "",
                new TreeMap<>(before),
                new TreeMap<>(kind.history(100)),
                Set.of(),
                0));
    host.api().merge(POOLS + "full", document);
    lab.start(
        host,
        "loadbalancer-controller",
        List.of(
            Dist.find().program("loadbalancer-controller").toString(),
            "--kubeconfig="
                + host.kubeconfig(host.serviceAccount(SYSTEM, "harvester-load-balancer"), SYSTEM),
            "--bind-address=127.0.0.1",
            "--secure-port=10271",
            "--webhook=false",
            "--v=2"),
        Map.of("JAVA_HOME", System.getProperty("java.home")));
    Await.until(
        "the history to be cut to what fits",
        PATIENCE,
        () -> said("full", "allocatedHistory").size() < 20);
    assertThat(said("full", "allocatedHistory")).hasSizeGreaterThan(5);
    assertThat(said("full", "allocated")).isEqualTo(before);

    String first = balancer("a");
    Await.until(
        "the status to name it", PATIENCE, () -> said("full", "allocated").size() > before.size());
    Map<String, String> history = said("full", "allocatedHistory");
    assertThat(history).hasSizeBetween(1, 5);
    assertThat(truncated()).isEmpty();

    String second = balancer("b");
    String third = balancer("c");
    Await.until("it to be said", PATIENCE, () -> truncated().startsWith("True 2 "));
    assertThat(said("full", "allocatedHistory")).isEqualTo(history);
    Map<String, String> now = said("full", "allocated");
    assertThat(now).containsAllEntriesOf(before).hasSize(before.size() + 1);
    assertThat(List.of(first, second, third))
        .doesNotHaveDuplicates()
        .noneMatch(before::containsKey);
    assertThat(new HostObjects(host).claims()).hasSize(3);

    host.api().delete(BALANCERS + "/" + name("b"));
    host.api().delete(BALANCERS + "/" + name("c"));
    Await.until("its end to be said", PATIENCE, () -> truncated().startsWith("False"));
    var all = new TreeMap<>(before);
    all.put(first, "default/" + name("a"));
    assertThat(said("full", "allocated")).isEqualTo(all);
  }

  /// With names of 253 characters.
  private static String name(String end) {
    return "x".repeat(252) + end;
  }

  /// @return its address
  private String balancer(String end) {
    host.apply(
        """
        apiVersion: loadbalancer.harvesterhci.io/v1beta1
        kind: LoadBalancer
        metadata: {name: %s, namespace: default}
        spec: {workloadType: cluster, ipPool: full}
        """
            .formatted(name(end)));
    return Await.await(
        "an address",
        () ->
            HostObjects.text(
                host.api().get(BALANCERS + "/" + name(end)), "status", "allocatedAddress", "ip"),
        address -> !address.isEmpty());
  }

  /// Status and message of the condition, empty without one.
  private String truncated() {
    return host
        .api()
        .get(POOLS + "full")
        .getAsJsonObject("status")
        .getAsJsonArray("conditions")
        .asList()
        .stream()
        .map(condition -> condition.getAsJsonObject())
        .filter(condition -> HostObjects.text(condition, "type").equals("ProjectionTruncated"))
        .map(condition ->
            HostObjects.text(condition, "status") + " " + HostObjects.text(condition, "message"))
        .findFirst()
        .orElse("");
  }
}
