package dev.thresher.loadbalancer.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConversionTest {

  private static final Conversion.Surroundings HOST =
      new Conversion.Surroundings() {
        @Override
        public Optional<String> machine(String namespace, String address) {
          return switch (namespace + " " + address) {
            case "vms 10.0.0.1" -> Optional.of("one");
            case "vms 2001:db8::2" -> Optional.of("two");
            default -> Optional.empty();
          };
        }

        @Override
        public Optional<String> pool(String namespace, String name, String address) {
          return (namespace + "/" + name + " " + address).equals("vms/a 192.0.2.7")
              ? Optional.of("lan")
              : Optional.empty();
        }
      };

  static JsonObject json(String text) {
    return JsonParser.parseString(text.replace('\'', '"')).getAsJsonObject();
  }

  private static JsonObject object(String version, String rest) {
    return json(
        "{'apiVersion':'loadbalancer.harvesterhci.io/"
            + version
            + "','kind':'LoadBalancer','metadata':{'namespace':'vms','name':'a','uid':'u'}"
            + rest
            + "}");
  }

  private static JsonObject older(String rest) {
    return Conversion.convert(object("v1beta1", rest), "v1alpha1", HOST);
  }

  private static JsonObject newer(String rest) {
    return Conversion.convert(object("v1alpha1", rest), "v1beta1", HOST);
  }

  private static final String OLD =
      """
      ,'spec':{'description':'d','ipam':'pool',
       'listeners':[{'name':'a','port':80,'protocol':'TCP','backendPort':8080}],
       'backendServers':['10.0.0.1','2001:db8::2','10.0.0.9'],
       'healthCheck':{'port':8080,'successThreshold':1,'failureThreshold':3,'PeriodSeconds':5,
        'timeoutSeconds':4}},
       'status':{'address':'192.0.2.7','conditions':[{'type':'Ready','status':'True'}]}
      """;

  @Test
  void readsWhatTheOldVersionSaid() {
    JsonObject converted = newer(OLD);

    assertThat(converted.get("apiVersion").getAsString())
        .isEqualTo("loadbalancer.harvesterhci.io/v1beta1");
    assertThat(converted.get("spec"))
        .isEqualTo(
            json(
                """
                {'description':'d','ipam':'pool','ipPool':'lan',
                 'listeners':[{'name':'a','port':80,'protocol':'TCP','backendPort':8080}],
                 'backendServerSelector':{'harvesterhci.io/vmName':['one','two']},
                 'healthCheck':{'port':8080,'successThreshold':1,'failureThreshold':3,
                  'periodSeconds':5,'timeoutSeconds':4}}
                """));
    assertThat(converted.get("status"))
        .isEqualTo(
            json(
                """
                {'address':'192.0.2.7','conditions':[{'type':'Ready','status':'True'}],
                 'backendServers':['10.0.0.1','2001:db8::2','10.0.0.9'],
                 'allocatedAddress':{'ipPool':'lan','ip':'192.0.2.7'}}
                """));
  }

  /// Without losing a back end that has no machine now.
  @Test
  void theOldVersionComesBackAsItWas() {
    JsonObject there = newer(OLD);
    JsonObject back = Conversion.convert(there, "v1alpha1", HOST);

    assertThat(back.get("spec")).isEqualTo(object("v1alpha1", OLD).get("spec"));
    assertThat(back.get("status")).isEqualTo(object("v1alpha1", OLD).get("status"));
    assertThat(Conversion.convert(back, "v1beta1", HOST)).isEqualTo(there);
  }

  private static final String NEW =
      """
      ,'spec':{'description':'d','workloadType':'vm','ipPool':'lan','placement':'host',
       'listeners':[{'port':80,'protocol':'TCP','backendPort':8080},
        {'name':'dns','port':53,'protocol':'UDP','backendPort':5353}],
       'backendServerSelector':{'app':['web']},
       'healthCheck':{'port':8080,'failureThreshold':7,'type':'HTTP','path':'/up'}},
       'status':{'address':'192.0.2.7','addresses':['192.0.2.7'],'backendServers':['10.0.0.1'],
        'allocatedAddress':{'ipPool':'lan','ip':'192.0.2.7','mask':'255.255.255.0'},
        'backends':[{'address':'10.0.0.1','ready':true}],
        'conditions':[{'type':'Ready','status':'True'}]}
      """;

  @Test
  void saysInTheOldVersionWhatThatCanHold() {
    JsonObject converted = older(NEW);

    assertThat(converted.get("spec"))
        .isEqualTo(
            json(
                """
                {'description':'d','ipam':'pool',
                 'listeners':[{'name':'tcp-80','port':80,'protocol':'TCP','backendPort':8080},
                  {'name':'dns','port':53,'protocol':'UDP','backendPort':5353}],
                 'backendServers':['10.0.0.1'],
                 'healthCheck':{'port':8080,'successThreshold':2,'failureThreshold':7,
                  'PeriodSeconds':1,'timeoutSeconds':1}}
                """));
    assertThat(converted.get("status"))
        .isEqualTo(json("{'address':'192.0.2.7','conditions':[{'type':'Ready','status':'True'}]}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        NEW,
        ",'spec':{}",
        ",'spec':{'workloadType':'cluster','ipam':'dhcp'},'status':{'address':'192.0.2.9'}",
        ",'spec':{'ipv6Pool':'six','ipFamilyPolicy':'RequireDualStack','healthCheck':{}}",
      })
  void theNewVersionComesBackAsItWas(String rest) {
    JsonObject before = object("v1beta1", rest);
    JsonObject after =
        Conversion.convert(Conversion.convert(before, "v1alpha1", HOST), "v1beta1", HOST);

    assertThat(after).isEqualTo(before);
  }

  @Test
  void whatAnOldClientChangesIsChangedAndTheRestStays() {
    JsonObject old = older(NEW);
    JsonObject spec = old.getAsJsonObject("spec");
    spec.addProperty("description", "other");
    spec.getAsJsonArray("listeners").remove(1);
    spec.getAsJsonObject("healthCheck").addProperty("PeriodSeconds", 9);
    old.getAsJsonObject("status").addProperty("address", "192.0.2.8");

    JsonObject changed = Conversion.convert(old, "v1beta1", HOST);

    assertThat(changed.get("spec"))
        .isEqualTo(
            json(
                """
                {'description':'other','workloadType':'vm','ipPool':'lan','placement':'host',
                 'listeners':[{'name':'tcp-80','port':80,'protocol':'TCP','backendPort':8080}],
                 'backendServerSelector':{'app':['web']},
                 'healthCheck':{'port':8080,'successThreshold':2,'failureThreshold':7,
                  'periodSeconds':9,'timeoutSeconds':1,'type':'HTTP','path':'/up'}}
                """));
    assertThat(changed.getAsJsonObject("status").get("address").getAsString())
        .isEqualTo("192.0.2.8");
    assertThat(changed.getAsJsonObject("status").get("allocatedAddress")).isNotNull();
    assertThat(changed.getAsJsonObject("metadata").has("annotations")).isFalse();
  }

  @Test
  void aListOfBackEndsThatAnOldClientSetsSelectsThem() {
    JsonObject old = older(NEW);
    old.getAsJsonObject("spec").add("backendServers", Json.array(List.of("2001:db8::2")));

    JsonObject changed = Conversion.convert(old, "v1beta1", HOST);

    assertThat(changed.getAsJsonObject("spec").get("backendServerSelector"))
        .isEqualTo(json("{'harvesterhci.io/vmName':['two']}"));
    assertThat(
            Conversion.convert(changed, "v1alpha1", HOST)
                .getAsJsonObject("spec")
                .get("backendServers"))
        .hasToString("[\"2001:db8::2\"]");
  }

  @Test
  void whatAnOldClientRemovesIsGone() {
    JsonObject old = older(NEW);
    old.getAsJsonObject("spec").remove("healthCheck");
    old.getAsJsonObject("spec").remove("description");

    JsonObject spec = Conversion.convert(old, "v1beta1", HOST).getAsJsonObject("spec");

    assertThat(spec.has("healthCheck")).isFalse();
    assertThat(spec.has("description")).isFalse();
    assertThat(spec.has("placement")).isTrue();
  }

  @Test
  void backEndsThatNobodyHasSelectNobody() {
    assertThat(
            newer(",'spec':{'ipam':'pool','backendServers':['10.0.0.9']}")
                .getAsJsonObject("spec")
                .get("backendServerSelector"))
        .isEqualTo(json("{'harvesterhci.io/vmName':[]}"));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'ipam':'dhcp' | 192.0.2.7 | {'ip':'0.0.0.0'}",
        "'ipam':'pool' | 192.0.2.7 | {'ipPool':'lan','ip':'192.0.2.7'}",
        // Of no pool that is known: the address is kept all the same.
        "'ipam':'pool' | 192.0.2.8 | {'ip':'192.0.2.8'}",
      })
  void anAddressIsAnAllocation(String spec, String address, String allocated) {
    assertThat(
            newer(",'spec':{" + spec + "},'status':{'address':'" + address + "'}")
                .getAsJsonObject("status")
                .get("allocatedAddress"))
        .isEqualTo(json(allocated));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",'spec':null",
        ",'spec':[]",
        ",'spec':{'listeners':[1,null],'healthCheck':7,'backendServers':[[]]},'status':'x'",
        ",'spec':{'listeners':{}}",
      })
  void whateverItHoldsIsConverted(String rest) {
    assertThat(older(rest).get("apiVersion").getAsString()).endsWith("/v1alpha1");
    assertThat(newer(rest).get("apiVersion").getAsString()).endsWith("/v1beta1");
  }

  @Test
  void anAnnotationThatSomebodySpoiltIsNoLoss() {
    JsonObject old = object("v1alpha1", ",'spec':{'ipam':'pool','description':'d'}");
    JsonObject annotations = json("{'thresher.dev/v1beta1-fields':'no JSON','mine':'x'}");
    old.getAsJsonObject("metadata").add("annotations", annotations);

    JsonObject converted = Conversion.convert(old, "v1beta1", HOST);

    assertThat(converted.getAsJsonObject("spec").get("description").getAsString()).isEqualTo("d");
    assertThat(converted.getAsJsonObject("metadata").get("annotations"))
        .isEqualTo(json("{'mine':'x'}"));
  }

  /// No schema has looked into the annotation.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'spec':{'listeners':7}}",
        "{'spec':{'healthCheck':{'port':'eighty'}}}",
        "{'spec':{},'status':{'backends':{}}}",
        "{'spec':'x'}",
      })
  void whatIsKeptAndIsNoLoadBalancerCountsAsLost(String kept) {
    JsonObject old = object("v1alpha1", ",'spec':{'ipam':'pool','description':'d'}");
    var annotations = new JsonObject();
    annotations.addProperty("thresher.dev/v1beta1-fields", kept.replace('\'', '"'));
    old.getAsJsonObject("metadata").add("annotations", annotations);

    JsonObject converted = Conversion.convert(old, "v1beta1", HOST);

    assertThat(converted.get("spec")).isEqualTo(json("{'description':'d','ipam':'pool'}"));
    assertThat(converted.has("status")).isFalse();
  }

  @Test
  void answersAReview() {
    JsonObject question =
        json(
            "{'apiVersion':'apiextensions.k8s.io/v1','kind':'ConversionReview','request':{"
                + "'uid':'q','desiredAPIVersion':'loadbalancer.harvesterhci.io/v1beta1'}}");
    var objects = new com.google.gson.JsonArray();
    objects.add(object("v1alpha1", OLD));
    objects.add(object("v1beta1", NEW));
    question.getAsJsonObject("request").add("objects", objects);

    JsonObject response = ConversionReview.answer(question, HOST).getAsJsonObject("response");

    assertThat(response.get("uid").getAsString()).isEqualTo("q");
    assertThat(response.get("result")).isEqualTo(json("{'status':'Success'}"));
    assertThat(response.getAsJsonArray("convertedObjects")).hasSize(2);
    assertThat(response.getAsJsonArray("convertedObjects").get(1))
        .isEqualTo(object("v1beta1", NEW));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'desiredAPIVersion':'loadbalancer.harvesterhci.io/v2','objects':[] | request.desiredAPIVersion: want one of",
        "'desiredAPIVersion':'loadbalancer.harvesterhci.io/v1beta1','objects':[7] | request.objects[0]: want a LoadBalancer",
        "'desiredAPIVersion':'loadbalancer.harvesterhci.io/v1beta1','objects':[{'kind':'IPPool'}] | request.objects[0]: want a LoadBalancer",
      })
  void saysWhatItCannotConvert(String request, String message) {
    JsonObject response =
        ConversionReview.answer(
                json(
                    "{'apiVersion':'apiextensions.k8s.io/v1','kind':'ConversionReview','request':{"
                        + "'uid':'q',"
                        + request
                        + "}}"),
                HOST)
            .getAsJsonObject("response");

    assertThat(response.getAsJsonObject("result").get("status").getAsString()).isEqualTo("Failure");
    assertThat(response.getAsJsonObject("result").get("message").getAsString()).startsWith(message);
  }

  @Test
  void refusesWhatIsNoReview() {
    assertThatThrownBy(() -> ConversionReview.answer(json("{'kind':'Pod'}"), HOST))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("got kind \"Pod\"");
  }
}
