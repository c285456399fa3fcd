package dev.thresher.loadbalancer.webhook;

import static dev.thresher.loadbalancer.webhook.ConversionTest.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.cni.CniTypes;
import dev.thresher.api.cni.NetworkAttachmentDefinition;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.rules.Verdict;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AdmissionTest {

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore store = new FakeStore(timeline::now);
  private final FakeKubeApi api = new FakeKubeApi("host", store);
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final HostView host = new HostView(api, informers);
  private final Admission admission = new Admission(host, false);

  private void start() {
    informers.start();
  }

  private static Review review(String resource, String operation, String object, String oldObject) {
    return Review.read(
        json(
            "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'uid':'q',"
                + "'resource':{'group':'loadbalancer.harvesterhci.io','resource':'"
                + resource
                + "'},'operation':'"
                + operation
                + "','namespace':'"
                + (resource.equals("ippools") ? "" : "vms")
                + "','name':'a','object':"
                + object
                + ",'oldObject':"
                + oldObject
                + "}}"));
  }

  private static String pool(String name, String more) {
    return "{'metadata':{'name':'"
        + name
        + "'},'spec':{'ranges':[{'subnet':'192.0.2.0/24'}]"
        + more
        + "}}";
  }

  private static final String GOOD =
      "{'metadata':{'name':'a','namespace':'vms'},'spec':{'listeners':"
          + "[{'name':'a','port':80,'protocol':'TCP','backendPort':80}]}}";

  @Test
  void refusesInTheWordsOfTheRules() {
    start();
    Review review =
        review("loadbalancers", "CREATE", "{'metadata':{},'spec':{'ipPool':'gone'}}", "null");
    Verdict verdict = admission.validate(review);
    JsonObject response = review.answered(verdict).getAsJsonObject("response");

    assertThat(verdict.refusals())
        .extracting(violation -> violation.field())
        .containsExactly("spec.listeners", "spec.ipPool");
    assertThat(response.get("uid").getAsString()).isEqualTo("q");
    assertThat(response.get("allowed").getAsBoolean()).isFalse();
    assertThat(response.getAsJsonObject("status").get("message").getAsString())
        .isEqualTo(verdict.message());
    assertThat(response.getAsJsonObject("status").get("code").getAsInt()).isEqualTo(403);
  }

  @Test
  void aPoolThatTheCacheDoesNotKnowYetIsAskedFor() {
    start();
    informers.pause();
    store.put(LoadBalancerTypes.IP_POOL, json(pool("new", "")));

    assertThat(
            admission.validate(
                review(
                    "loadbalancers",
                    "CREATE",
                    GOOD.replace("'spec':{", "'spec':{'ipPool':'new',"),
                    "null")))
        .isEqualTo(Verdict.PASS);
  }

  @Test
  void whoseAnObjectIsIsNotSaidByItsAnnotations() {
    store.put(
        LoadBalancerTypes.IP_POOL,
        json(pool("team", ",'selector':{'scope':[{'namespace':'team'}]}")));
    start();
    String object =
        GOOD.replace("'spec':{", "'spec':{'ipPool':'team',")
            .replace(
                "'namespace':'vms'",
                "'namespace':'vms','annotations':{'loadbalancer.harvesterhci.io/namespace':'team'}");

    assertThat(
            new Admission(host, true)
                .validate(review("loadbalancers", "CREATE", object, "null"))
                .message())
        .startsWith("spec.ipPool: want a pool whose spec.selector.scope lets in")
        .contains("namespace \"vms\"");
  }

  @Test
  void anAddressInTheStatusOfANewOneThatIsAnothersIsRefused() {
    store.put(
        LoadBalancerTypes.IP_POOL,
        json(
            pool("p", "")
                .replace("'spec'", "'status':{'allocated':{'192.0.2.9':'vms/b'}},'spec'")));
    start();
    String object = GOOD.replace("'spec':{", "'status':{'allocatedAddress':{'ip':'%s'}},'spec':{");

    assertThat(
            admission
                .validate(review("loadbalancers", "CREATE", object.formatted("192.0.2.9"), "null"))
                .message())
        .contains("status.allocatedAddress.ip", "192.0.2.9", "vms/b");
    assertThat(
            admission.validate(
                review("loadbalancers", "CREATE", object.formatted("192.0.2.8"), "null")))
        .isEqualTo(Verdict.PASS);
  }

  @Test
  void warningsReachThePerson() {
    start();
    Review review =
        review("loadbalancers", "CREATE", "{'spec':{'workloadType':'cluster'}}", "null");
    JsonObject response = review.answered(admission.validate(review)).getAsJsonObject("response");

    assertThat(response.get("allowed").getAsBoolean()).isTrue();
    assertThat(response.getAsJsonArray("warnings").get(0).getAsString()).contains("--cluster-name");
  }

  @Test
  void theRemovalOfAGuestClusterIsSeenByItsMachines() {
    store.put(
        KubeVirtTypes.VIRTUAL_MACHINE,
        json(
            "{'metadata':{'namespace':'vms','name':'n1','labels':"
                + "{'guestcluster.harvesterhci.io/name':'g1'},'annotations':"
                + "{'harvesterhci.io/removeAllPersistentVolumeClaims':'true'}}}"));
    start();
    String object =
        "{'metadata':{'labels':{'cloudprovider.harvesterhci.io/cluster':'%s'}},"
            + "'spec':{'workloadType':'cluster'}}";

    assertThat(
            admission
                .validate(review("loadbalancers", "CREATE", object.formatted("g1"), "null"))
                .allowed())
        .isFalse();
    assertThat(
            admission
                .validate(review("loadbalancers", "CREATE", object.formatted("g2"), "null"))
                .allowed())
        .isTrue();
  }

  @Test
  void aPoolInUseByAClaimOrByItsStatusIsNotDeleted() {
    store.put(
        NetTypes.ADDRESS_CLAIM,
        json(
            "{'metadata':{'name':'c'},'spec':{'pool':'a','address':'192.0.2.9',"
                + "'owner':{'namespace':'vms','name':'web'}}}"));
    store.put(
        NetTypes.ADDRESS_CLAIM,
        json(
            "{'metadata':{'name':'released'},'spec':{'pool':'b','address':'192.0.2.9',"
                + "'owner':{'namespace':'vms','name':'web'}},"
                + "'status':{'releasedAt':'2026-01-01T00:00:00Z'}}"));
    start();

    assertThat(admission.validate(review("ippools", "DELETE", "null", pool("a", ""))).message())
        .contains("192.0.2.9 of vms/web");
    assertThat(admission.validate(review("ippools", "DELETE", "null", pool("b", ""))))
        .isEqualTo(Verdict.PASS);
    String given =
        "{'metadata':{'name':'b'},'status':{'allocated':{'192.0.2.7':'vms/old'}},"
            + "'spec':{'ranges':[{'subnet':'192.0.2.0/24'}]}}";
    assertThat(admission.validate(review("ippools", "DELETE", "null", given)).message())
        .contains("192.0.2.7 of vms/old");
    // The status follows a release a moment later.
    assertThat(
            admission.validate(
                review("ippools", "DELETE", "null", given.replace("192.0.2.7", "192.0.2.9"))))
        .isEqualTo(Verdict.PASS);
    // Who empties the status with the same write has not freed an address.
    String narrower = "{'metadata':{'name':'b'},'spec':{'ranges':[{'subnet':'192.0.2.128/25'}]}}";
    assertThat(admission.validate(review("ippools", "UPDATE", narrower, given)).message())
        .contains("192.0.2.7 of vms/old");
  }

  /// Whoever answers for an address on the host's own network keeps it.
  private void hostWithAddresses() {
    store.put(
        CoreTypes.NODE,
        json(
            "{'metadata':{'name':'n1'},'status':{'addresses':["
                + "{'type':'Hostname','address':'n1'},"
                + "{'type':'InternalIP','address':'192.0.2.11'},"
                + "{'type':'InternalIP','address':'2001:db8::11'}]}}"));
    store.put(CoreTypes.NODE, json("{'metadata':{'name':'silent'}}"));
    store.put(
        CoreTypes.ENDPOINT_SLICE,
        json(
            "{'metadata':{'namespace':'default','name':'kubernetes'},'addressType':'IPv4',"
                + "'endpoints':[{'addresses':['192.0.2.12']}]}"));
    store.put(
        CoreTypes.CONFIG_MAP,
        json(
            "{'metadata':{'namespace':'harvester-system','name':'vip'},"
                + "'data':{'enabled':'true','mode':'static','ip':'192.0.2.13'}}"));
    store.put(
        LoadBalancerTypes.IP_POOL,
        json(
            "{'metadata':{'name':'elsewhere'},'spec':{'ranges':[{'subnet':'192.0.2.0/24',"
                + "'rangeStart':'192.0.2.200','rangeEnd':'192.0.2.210','gateway':'192.0.2.14'}]}}"));
  }

  @ParameterizedTest(name = "{0}-{1}: {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "192.0.2.10 | 192.0.2.11 | 192.0.2.11 of node \"n1\"",
        "192.0.2.12 | 192.0.2.12 | 192.0.2.12 of the API server of the host",
        "192.0.2.13 | 192.0.2.13 | 192.0.2.13 of the host as its virtual address",
        "192.0.2.14 | 192.0.2.20 | 192.0.2.14 of the gateway of pool \"elsewhere\"",
        "192.0.2.15 | 192.0.2.20 | ``",
        "2001:db8::10 | 2001:db8::12 | 2001:db8::11 of node \"n1\"",
        "2001:db8::12 | 2001:db8::20 | ``",
      })
  void aPoolGivesNoAddressThatOthersAnswerFor(String first, String last, String holder) {
    hostWithAddresses();
    start();
    String range =
        "{'subnet':'"
            + (first.contains(":") ? "2001:db8::/64" : "192.0.2.0/24")
            + "','rangeStart':'"
            + first
            + "','rangeEnd':'"
            + last
            + "'%s}";
    String spec = "{'metadata':{'name':'a'},'spec':{'ranges':[" + range + "]}}";
    Verdict created = admission.validate(review("ippools", "CREATE", spec.formatted(""), "null"));

    assertThat(created.allowed()).isEqualTo(holder.isEmpty());
    if (!holder.isEmpty()) {
      assertThat(created.message())
          .startsWith(
              "spec.ranges[0]: want addresses that nobody answers for, other than " + holder)
          .contains("got \"" + first)
          .endsWith("add them to spec.ranges[0].exclude, or narrow the range");
      String excluded = ",'exclude':['" + holder.substring(0, holder.indexOf(' ')) + "']";
      if (!first.equals(last)) {
        assertThat(
                admission
                    .validate(review("ippools", "CREATE", spec.formatted(excluded), "null"))
                    .refusals())
            .isEmpty();
      }
      // What got in so can be changed, and mended step by step.
      String described = spec.formatted("").replace("'spec':{", "'spec':{'description':'x',");
      assertThat(
              admission
                  .validate(review("ippools", "UPDATE", described, spec.formatted("")))
                  .refusals())
          .isEmpty();
    }
  }

  @ParameterizedTest(name = "{0} to {1}: {2}")
  @CsvSource({
    "192.0.2.14, 192.0.2.12, true",
    "192.0.2.10, 192.0.2.11, false",
    "192.0.2.12, 192.0.2.13, false",
  })
  void anUpdateIsRefusedOnlyForAddressesThatItAdds(String before, String after, boolean allowed) {
    hostWithAddresses();
    start();
    String pool =
        "{'metadata':{'name':'a'},'spec':{'ranges':[{'subnet':'192.0.2.0/24',"
            + "'rangeStart':'192.0.2.10','rangeEnd':'%s'}]}}";

    assertThat(
            admission
                .validate(
                    review("ippools", "UPDATE", pool.formatted(after), pool.formatted(before)))
                .allowed())
        .isEqualTo(allowed);
  }

  @Test
  void anAddressThatALoadBalancerHasMayBeOnANodeToo() {
    hostWithAddresses();
    store.put(
        NetTypes.ADDRESS_CLAIM,
        json(
            "{'metadata':{'name':'c'},'spec':{'pool':'a','address':'192.0.2.11',"
                + "'owner':{'namespace':'vms','name':'web'}}}"));
    start();
    String spec =
        "{'metadata':{'name':'a'},'spec':{'ranges':[{'subnet':'192.0.2.0/24',"
            + "'rangeStart':'192.0.2.11','rangeEnd':'192.0.2.11'}]}}";

    assertThat(admission.validate(review("ippools", "CREATE", spec, "null")).refusals()).isEmpty();
    // The same number on another network is another address.
    String other = spec.replace("'ranges'", "'selector':{'network':'default/lan'},'ranges'");
    network();
    assertThat(
            admission
                .validate(review("ippools", "CREATE", other.replace("'a'", "'b'"), "null"))
                .refusals())
        .isEmpty();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "192.0.2.11 | node \"n1\" does",
        "2001:db8::11 | node \"n1\" does",
        "192.0.2.12 | the API server of the host does",
        "192.0.2.13 | the host as its virtual address does",
        "192.0.2.14 | the gateway of pool \"elsewhere\" does",
        "192.0.2.15 | ``",
        "192.0.2.15,2001:db8::15 | ``",
      })
  void anAddressThatOthersAnswerForCannotBeAskedFor(String wanted, String holder) {
    hostWithAddresses();
    start();
    String object =
        "{'metadata':{'annotations':{'thresher.dev/wanted-addresses':'%s'}},"
            + "'spec':{'workloadType':'cluster'}}";
    Verdict verdict =
        admission.validate(review("loadbalancers", "CREATE", object.formatted(wanted), "null"));

    assertThat(verdict.allowed()).isEqualTo(holder.isEmpty());
    if (!holder.isEmpty()) {
      assertThat(verdict.message())
          .startsWith(
              "metadata.annotations[thresher.dev/wanted-addresses]: want an address that nobody"
                  + " else answers for, which "
                  + holder
                  + ", got \""
                  + wanted
                  + "\"; ask for another address");
      assertThat(
              admission
                  .validate(
                      review(
                          "loadbalancers",
                          "UPDATE",
                          object.formatted(wanted),
                          object.formatted("192.0.2.15")))
                  .allowed())
          .isFalse();
      assertThat(
              admission
                  .validate(
                      review(
                          "loadbalancers",
                          "UPDATE",
                          object.formatted(wanted).replace("'cluster'", "'cluster','ipv6Pool':''"),
                          object.formatted(wanted)))
                  .allowed())
          .as("it was so before")
          .isTrue();
    }
  }

  @Test
  void whoMayNotReadTheHostsAddressesChecksTheRest() {
    hostWithAddresses();
    start();
    api.fault(call ->
        call.resource().equals("nodes") || call.resource().equals("configmaps")
            ? Optional.of(
                FakeKubeApi.exception(KubeApiException.Reason.FORBIDDEN, "nodes is forbidden"))
            : Optional.empty());
    String spec =
        "{'metadata':{'name':'a'},'spec':{'ranges':[{'subnet':'192.0.2.0/24',"
            + "'rangeStart':'192.0.2.11','rangeEnd':'192.0.2.13'}]}}";

    assertThat(admission.validate(review("ippools", "CREATE", spec, "null")).message())
        .contains("192.0.2.12 of the API server of the host")
        .doesNotContain("n1");
  }

  /// `default/lan`, in VLAN 178.
  private void network() {
    store.put(
        CniTypes.NETWORK_ATTACHMENT_DEFINITION,
        new NetworkAttachmentDefinition()
            .metadata(
                new V1ObjectMeta()
                    .namespace("default")
                    .name("lan")
                    .labels(Map.of("network.harvesterhci.io/vlan-id", "178"))));
  }

  @Test
  void aNetworkMustExist() {
    network();
    start();
    String there = pool("a", ",'selector':{'network':'default/lan'}");
    String gone = pool("a", ",'selector':{'network':'default/gone'}");

    assertThat(admission.validate(review("ippools", "CREATE", there, "null")).allowed()).isTrue();
    assertThat(admission.validate(review("ippools", "CREATE", gone, "null")).message())
        .startsWith("spec.selector.network");
    assertThat(patched(review("ippools", "CREATE", there, "null")))
        .isEqualTo(
            json(
                "{'loadbalancer.harvesterhci.io/vid':'178',"
                    + "'loadbalancer.harvesterhci.io/global-ip-pool':'false'}"));
    assertThat(
            patched(review("ippools", "CREATE", gone, "null"))
                .get("loadbalancer.harvesterhci.io/vid")
                .getAsString())
        .isEqualTo("0");

    api.fault(call ->
        call.resource().equals(CniTypes.NETWORK_ATTACHMENT_DEFINITION.resource())
            ? Optional.of(
                FakeKubeApi.exception(KubeApiException.Reason.NOT_FOUND, "no such resource"))
            : Optional.empty());
    assertThat(admission.validate(review("ippools", "CREATE", gone, "null")).message())
        .as("a cluster without such networks")
        .startsWith("spec.selector.network");
  }

  /// The labels or annotations that the patch sets.
  private JsonObject patched(Review review) {
    JsonObject response = review.allowed(admission.mutate(review)).getAsJsonObject("response");
    assertThat(response.get("patchType").getAsString()).isEqualTo("JSONPatch");
    var set = new JsonObject();
    JsonParser.parseString(
            new String(
                Base64.getDecoder().decode(response.get("patch").getAsString()),
                StandardCharsets.UTF_8))
        .getAsJsonArray()
        .forEach(operation -> {
          String[] path = operation.getAsJsonObject().get("path").getAsString().split("/", -1);
          assertThat(operation.getAsJsonObject().get("op").getAsString()).isEqualTo("add");
          if (path.length == 4) {
            set.add(
                path[3].replace("~1", "/").replace("~0", "~"),
                operation.getAsJsonObject().get("value"));
          }
        });
    return set;
  }

  @Test
  void fillsInWhatIsMissing() {
    store.put(
        CoreTypes.NAMESPACE,
        json("{'metadata':{'name':'vms','annotations':{'field.cattle.io/projectId':'c-1:p-2'}}}"));
    store.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
        json(
            "{'metadata':{'namespace':'vms','name':'n1','labels':"
                + "{'guestcluster.harvesterhci.io/name':'g1'}},'spec':{'networks':"
                + "[{'name':'nic','multus':{'networkName':'default/lan'}}]}}"));
    start();
    Review review =
        review(
            "loadbalancers",
            "CREATE",
            "{'metadata':{'annotations':{'loadbalancer.harvesterhci.io/cluster':'g1'}},"
                + "'spec':{'workloadType':'cluster'}}",
            "null");

    assertThat(patched(review))
        .isEqualTo(
            json(
                "{'loadbalancer.harvesterhci.io/namespace':'vms',"
                    + "'loadbalancer.harvesterhci.io/project':'c-1/p-2',"
                    + "'loadbalancer.harvesterhci.io/network':'default/lan'}"));
    // Without annotations their map comes first.
    Review machines =
        review(
            "loadbalancers",
            "CREATE",
            GOOD.replace("'spec':{", "'spec':{'healthCheck':{'port':80,'periodSeconds':7},"),
            "null");
    assertThat(admission.mutate(machines).get(0))
        .isEqualTo(json("{'op':'add','path':'/metadata/annotations','value':{}}"));
    assertThat(patched(machines))
        .isEqualTo(
            json(
                "{'loadbalancer.harvesterhci.io/namespace':'vms','successThreshold':2,"
                    + "'failureThreshold':2,'timeoutSeconds':1}"));
  }

  @Test
  void leavesAloneWhatIsRightOrGoing() {
    start();
    String done =
        "{'metadata':{'annotations':{'loadbalancer.harvesterhci.io/namespace':'vms'}%s},"
            + "'spec':{'workloadType':'vm'}}";

    assertThat(admission.mutate(review("loadbalancers", "UPDATE", done.formatted(""), "null")))
        .isEmpty();
    assertThat(
            admission.mutate(
                review(
                    "loadbalancers",
                    "UPDATE",
                    "{'metadata':{'deletionTimestamp':'2026-01-01T00:00:00Z'},'spec':{}}",
                    "null")))
        .isEmpty();
    assertThat(admission.mutate(review("loadbalancers", "DELETE", "null", done.formatted(""))))
        .isEmpty();
    assertThat(admission.mutate(review("pods", "CREATE", "{}", "null"))).isEmpty();
    assertThat(admission.validate(review("pods", "CREATE", "{}", "null"))).isEqualTo(Verdict.PASS);
    Review review = review("pods", "CREATE", "{}", "null");
    assertThat(review.allowed(admission.mutate(review)).getAsJsonObject("response").has("patch"))
        .isFalse();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'spec':{'listeners':'x'}} | spec.listeners | x",
        "{'spec':{'listeners':[{'port':80},{'port':'eighty'}]}} | spec.listeners[1].port | eighty",
        "{'spec':{'listeners':[{'port':80.5}]}} | spec.listeners[0].port | 80.5",
        "{'spec':[]} | spec | []",
        "{'metadata':{'creationTimestamp':'yesterday'},'spec':{}} | metadata.creationTimestamp | yesterday",
      })
  void whatCannotBeReadIsRefused(String object, String field, String value) {
    start();
    Review review = review("loadbalancers", "CREATE", object, "null");

    assertThat(admission.mutate(review)).isEmpty();
    assertThat(admission.validate(review).message())
        .isEqualTo(
            field
                + ": want a value of the kind that the schema says, got \""
                + value
                + "\"; correct it; kubectl explain says what kind");
    assertThat(admission.validate(review("loadbalancers", "UPDATE", object, GOOD)).allowed())
        .isFalse();
  }

  /// So that it can be mended step by step, its finalizers taken off, and deleted.
  @Test
  void whatCouldNotBeReadBeforeMayChange() {
    start();
    String odd = "{'spec':{'listeners':'x'}}";

    assertThat(admission.validate(review("loadbalancers", "UPDATE", odd, odd)))
        .isEqualTo(Verdict.PASS);
    assertThat(admission.validate(review("loadbalancers", "UPDATE", GOOD, odd)))
        .isEqualTo(Verdict.PASS);
    assertThat(admission.validate(review("loadbalancers", "DELETE", "null", odd)))
        .isEqualTo(Verdict.PASS);
  }

  /// The API server has compared it with the schema of the older version, which has no such fields.
  @Test
  void whatAnOldClientBringsAsNewFieldsIsNoLoadBalancerOfItsOwn() {
    start();
    String object =
        "{'apiVersion':'loadbalancer.harvesterhci.io/v1alpha1','kind':'LoadBalancer',"
            + "'metadata':{'annotations':{'thresher.dev/v1beta1-fields':"
            + "'{\\'spec\\':{\\'listeners\\':7,\\'placement\\':\\'host\\'}}'}},"
            + "'spec':{'ipam':'pool','listeners':[{'name':'a','port':80,'backendPort':1}]}}";

    assertThat(admission.validate(review("loadbalancers", "CREATE", object, "null")))
        .isEqualTo(Verdict.PASS);
  }

  @Test
  void aNumberIsNotWhatIsLeftOfIt() {
    start();
    String object = GOOD.replace("'spec':{", "'spec':{'healthCheck':{'port':4294975376},");

    assertThat(admission.validate(review("loadbalancers", "CREATE", object, "null")).message())
        .startsWith(
            "spec.healthCheck.port: want a number from 1 to 65535, got \"2147483647 or more\"");
  }

  @Test
  void knowsTheOlderVersion() {
    start();
    String object =
        "{'apiVersion':'loadbalancer.harvesterhci.io/v1alpha1','kind':'LoadBalancer',"
            + "'spec':{'ipam':'pool','listeners':[{'name':'a','port':0,'backendPort':1}]}}";

    assertThat(admission.validate(review("loadbalancers", "CREATE", object, "null")).message())
        .startsWith("spec.listeners[0].port");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | want an AdmissionReview of admission.k8s.io/v1, got kind \"\" of \"\"",
        "{'apiVersion':'admission.k8s.io/v1beta1','kind':'AdmissionReview'} | got kind \"AdmissionReview\" of \"admission.k8s.io/v1beta1\"",
        "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':[]} | request.uid: want",
      })
  void refusesWhatIsNoQuestion(String document, String message) {
    assertThatThrownBy(() -> Review.read(json(document)))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining(message);
  }

  private static String member(String name, String group, String address, String ports) {
    return "{'metadata':{'name':'%s','namespace':'vms','annotations':{'thresher.dev/share-group':'%s'}},'spec':{'listeners':[%s]},'status':{'allocatedAddress':{'ip':'%s'}}}"
        .formatted(name, group, ports, address);
  }

  private static String listener(String port) {
    String[] parts = port.split("/", -1);
    return "{'name':'p%s','port':%s,'protocol':'%s','backendPort':80}"
        .formatted(parts[0], parts[0], parts[1]);
  }

  @ParameterizedTest(name = "{0} beside {1} of {2} at {3}: {4}")
  @CsvSource(
      delimiter = '|',
      value = {
        "443/TCP | 443/TCP | together | 192.0.2.2 | spec.listeners[1].port: want a port that no other load balancer of group \"together\" has, which vms/tls does, got \"443/TCP\"; take another port, or have vms/tls give it up first",
        "443/UDP | 443/TCP | together | 192.0.2.2 | ''",
        "444/TCP | 443/TCP | together | 192.0.2.2 | ''",
        "443/TCP | 443/TCP | other    | 192.0.2.2 | ''",
        "443/TCP | 443/TCP | together | 192.0.2.3 | ''",
        "443/TCP | 443/TCP | together | ''        | ''",
        // What is wrong already may be mended one field after the other.
        "80/TCP  | 80/TCP  | together | 192.0.2.2 | ''",
      })
  void aPortOfASharedAddressIsAnothersAsLongAsThatHasIt(
      String added, String theirs, String group, String address, String said) {
    store.put(
        LoadBalancerTypes.LOAD_BALANCER, json(member("tls", group, address, listener(theirs))));
    String own = listener("80/TCP");
    store.put(LoadBalancerTypes.LOAD_BALANCER, json(member("a", "together", "192.0.2.2", own)));
    start();
    String more = added.equals("80/TCP") ? own : own + "," + listener(added);
    Review review =
        review(
            "loadbalancers",
            "UPDATE",
            member("a", "together", "192.0.2.2", more),
            member("a", "together", "192.0.2.2", own));
    assertThat(admission.validate(review).message()).isEqualTo(said);

    api.failAll(KubeApiException.Reason.FORBIDDEN);
    assertThat(admission.validate(review).allowed()).as("the role is an older one").isTrue();
  }
}
