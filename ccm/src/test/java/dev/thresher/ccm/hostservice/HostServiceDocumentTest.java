package dev.thresher.ccm.hostservice;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.json.LenientJson;
import dev.thresher.ccm.hostservice.RequestReader.Reading;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostServiceDocumentTest {

  private static final HostServiceSettings SETTINGS =
      new HostServiceSettings(
          "vms",
          BackEndSource.SELECTOR,
          Map.of("role", "worker"),
          Map.of(),
          List.of("metallb.io/"),
          Duration.ofSeconds(30));

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private static HostServiceDocument document(String cluster, String spec) {
    JsonObject guest =
        json(
            """
            {"metadata": {"name": "web", "namespace": "default", "uid": "u-1"},
             "spec": {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
               "ports": [{"port": 80, "nodePort": 30080}]}}
            """);
    json(spec).entrySet().forEach(e -> guest.getAsJsonObject("spec").add(e.getKey(), e.getValue()));
    var reading =
        RequestReader.read(
            cluster,
            LenientJson.gson().fromJson(guest, V1Service.class),
            SETTINGS.annotationPrefixes());
    return new HostServiceDocument(((Reading.Accepted) reading).request(), SETTINGS);
  }

  private static HostServiceDocument document(String spec) {
    return document("gc1", spec);
  }

  /// As the API server would give it back.
  private static V1Service made(HostServiceDocument document, String more) {
    JsonObject whole = document.create();
    json(more).entrySet().forEach(e -> whole.getAsJsonObject("spec").add(e.getKey(), e.getValue()));
    whole.getAsJsonObject("metadata").addProperty("resourceVersion", "7");
    return LenientJson.gson().fromJson(whole, V1Service.class);
  }

  /// The `spec` of the patch from one wish to the next.
  private static JsonElement change(String before, String beforeMore, String after) {
    return document(after)
        .repair(made(document(before), beforeMore))
        .map(patch -> {
          JsonElement spec = patch.document().getAsJsonObject().get("spec");
          return spec == null ? JsonNull.INSTANCE : spec;
        })
        .orElse(JsonNull.INSTANCE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          {}
          {'sessionAffinity': 'ClientIP'}
          {'sessionAffinity': 'ClientIP', 'sessionAffinityConfig': {'clientIP': {'timeoutSeconds': 5}}}
          {'loadBalancerSourceRanges': ['10.0.0.0/8', 'fd00::/8']}
          {'externalTrafficPolicy': 'Local'}
          {'loadBalancerIP': '192.0.2.1'}
          {'ipFamilies': ['IPv6']}
          {'ipFamilies': ['IPv6', 'IPv4'], 'ipFamilyPolicy': 'PreferDualStack'}
          {'ipFamilies': ['IPv4', 'IPv6'], 'ipFamilyPolicy': 'RequireDualStack'}
          {'ipFamilies': ['IPv4'], 'ipFamilyPolicy': 'PreferDualStack'}
          {'ports': [{'name': 'a', 'port': 53, 'protocol': 'UDP', 'nodePort': 30053}]}
          {'ports': [{'port': 80, 'nodePort': 30080, 'appProtocol': 'http'}]}
          """)
  void whatWasMadeNeedsNoRepair(String spec) {
    assertThat(document(spec).repair(made(document(spec), "{}"))).isEmpty();
  }

  /// What the API server and programs on the host fill in is none of ours.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          {'clusterIP': '10.96.0.1', 'clusterIPs': ['10.96.0.1'], 'internalTrafficPolicy': 'Cluster'}
          {'sessionAffinity': 'None'}
          {'loadBalancerIP': '192.0.2.1'}
          {'healthCheckNodePort': 32000}
          {'loadBalancerClass': 'x/y'}
          {'externalIPs': ['192.0.2.2']}
          """)
  void leavesWhatIsNotItsOwn(String more) {
    assertThat(change("{}", more, "{}")).isEqualTo(JsonNull.INSTANCE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          {} | {} | {'externalTrafficPolicy': 'Local'} | {"externalTrafficPolicy":"Local"}
          {'externalTrafficPolicy': 'Local'} | {'healthCheckNodePort': 32000} | {} | {"externalTrafficPolicy":"Cluster"}
          {} | {} | {'sessionAffinity': 'ClientIP'} | {"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10800}}}
          {'sessionAffinity': 'ClientIP'} | {} | {} | {"sessionAffinity":"None","sessionAffinityConfig":null}
          {} | {} | {'loadBalancerSourceRanges': ['10.0.0.0/8']} | {"loadBalancerSourceRanges":["10.0.0.0/8"]}
          {'loadBalancerSourceRanges': ['10.0.0.0/8']} | {} | {} | {"loadBalancerSourceRanges":[]}
          {} | {} | {'loadBalancerIP': '192.0.2.1'} | {"loadBalancerIP":"192.0.2.1"}
          {} | {'ports': [{'port': 80, 'protocol': 'TCP', 'targetPort': 30080, 'nodePort': 31000}]} | {'ports': [{'port': 80, 'nodePort': 30099}]} | {"ports":[{"protocol":"TCP","port":80,"targetPort":30099,"nodePort":31000}]}
          {} | {'selector': {'role': 'x', 'more': 'y'}} | {} | {"selector":{"role":"worker","more":null}}
          {} | {} | {'ipFamilies': ['IPv4', 'IPv6'], 'ipFamilyPolicy': 'RequireDualStack'} | {"ipFamilyPolicy":"RequireDualStack","ipFamilies":["IPv4","IPv6"]}
          {} | {} | {'ipFamilies': ['IPv4', 'IPv6'], 'ipFamilyPolicy': 'PreferDualStack'} | {"ipFamilyPolicy":"PreferDualStack"}
          {'ipFamilies': ['IPv4', 'IPv6'], 'ipFamilyPolicy': 'RequireDualStack'} | {'clusterIPs': ['10.96.0.1', 'fd00::1']} | {} | {"ipFamilyPolicy":"SingleStack","ipFamilies":["IPv4"],"clusterIPs":["10.96.0.1"]}
          """)
  void changesWhatDiffersAndNothingElse(
      String before, String beforeMore, String after, String wanted) {
    assertThat(change(before, beforeMore, after)).isEqualTo(JsonParser.parseString(wanted));
  }

  @Test
  void aHostThatHasOneFamilyIsLeftWithIt() {
    String prefers = "{'ipFamilies': ['IPv4', 'IPv6'], 'ipFamilyPolicy': 'PreferDualStack'}";
    assertThat(change(prefers, "{'ipFamilies': ['IPv4']}", prefers)).isEqualTo(JsonNull.INSTANCE);
    assertThat(change(prefers, "{'ipFamilies': ['IPv4', 'IPv6']}", prefers))
        .isEqualTo(JsonNull.INSTANCE);
  }

  @Test
  void theFirstFamilyCannotBeChanged() {
    V1Service seen = made(document("{}"), "{}");
    HostServiceDocument wanted = document("{'ipFamilies': ['IPv6']}");
    assertThat(wanted.isOfOtherFamily(seen)).isTrue();
    assertThat(wanted.repair(seen)).isEmpty();
  }

  @Test
  void aClusterNameThatIsNoLabelIsKeptWhole() {
    String name =
        "a cluster, with \"quotes\" and a name that is longer than sixty-three characters";
    JsonObject meta = document(name, "{}").create().getAsJsonObject("metadata");
    String label =
        meta.getAsJsonObject("labels").get("cluster.x-k8s.io/cluster-name").getAsString();
    assertThat(label)
        .hasSizeLessThanOrEqualTo(63)
        .matches("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");
    assertThat(meta.getAsJsonObject("annotations").get("thresher.dev/cluster-name").getAsString())
        .isEqualTo(name);
  }

  @Test
  void theConflictOfTwoWritersIsSeen() {
    assertThat(
            document("{'externalTrafficPolicy': 'Local'}")
                .repair(made(document("{}"), "{}"))
                .orElseThrow()
                .document()
                .getAsJsonObject()
                .getAsJsonObject("metadata")
                .get("resourceVersion")
                .getAsString())
        .isEqualTo("7");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          metallb.io/pool                                  | true
          metallb.universe.tf/pool                         | false
          kube-vip.io/ignore                               | false
          kubectl.kubernetes.io/last-applied-configuration | false
          thresher.dev/wanted-addresses                    | false
          """)
  void passesAnnotationsByPrefix(String key, boolean passed) {
    assertThat(PassedAnnotations.of(Map.of(key, "v"), List.of("metallb.io/")).containsKey(key))
        .isEqualTo(passed);
  }

  @ParameterizedTest
  @CsvSource({
    "metallb.io/pool, true",
    "kube-vip.io/loadbalancerIPs, true",
    "kube-vip.io/ignore, false",
    "kube-vip.io/vipHost, false",
    "kubectl.kubernetes.io/last-applied-configuration, false",
    "thresher.dev/placement, false"
  })
  void aStarPassesAllButWhatIsAboutTheGuestsObject(String key, boolean passed) {
    assertThat(PassedAnnotations.of(Map.of(key, "v"), List.of("*")).containsKey(key))
        .isEqualTo(passed);
  }
}
