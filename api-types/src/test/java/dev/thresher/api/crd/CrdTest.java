package dev.thresher.api.crd;

import static dev.thresher.api.crd.CrdRenderer.list;
import static dev.thresher.api.crd.CrdRenderer.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.annotations.SerializedName;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ResourceType;
import dev.thresher.api.crds.CustomResources;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.api.net.NetTypes;
import io.kubernetes.client.openapi.models.V1CustomResourceDefinition;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

class CrdTest {

  private static final Path REPOSITORY = Path.of("..");
  private static final Path OPENAPI = Path.of("src/main/openapi");
  private static final List<String> CHARTS = List.of("loadbalancer-controller", "vip-manager");

  static Stream<ResourceType<?>> types() {
    return CustomResources.TYPES.stream();
  }

  @Test
  void renderedFilesAreWhatTheSchemaSays() throws IOException {
    for (Map.Entry<String, String> file : CrdFiles.rendered(REPOSITORY).entrySet()) {
      assertThat(REPOSITORY.resolve(file.getKey()))
          .as("run hack/update-crds")
          .content()
          .isEqualTo(file.getValue());
    }
  }

  /// A definition without a type would be installed by nobody, and one left in the chart by
  /// everybody.
  @Test
  void thereIsOneDefinitionOfEachType() throws IOException {
    List<String> names = CustomResources.TYPES.stream().map(CustomResources::fileName).toList();
    assertThat(CrdRenderer.render(OPENAPI)).containsOnlyKeys(names);
    List<String> installed = new ArrayList<>();
    for (String chart : CHARTS) {
      Path folder = Path.of("charts", chart, "crds");
      try (Stream<Path> files = Files.list(REPOSITORY.resolve(folder))) {
        for (String name : files.map(file -> file.getFileName().toString()).toList()) {
          assertThat(CrdFiles.chart(name)).isEqualTo(folder.toString());
          installed.add(name);
        }
      }
    }
    assertThat(installed).containsExactlyInAnyOrderElementsOf(names);
  }

  @ParameterizedTest
  @MethodSource("types")
  void namesAgreeWithTheTypes(ResourceType<?> type) {
    Map<String, Object> crd = definition(type);
    assertThat(map(crd.get("metadata"))).containsEntry("name", type.resource());
    Map<String, Object> spec = map(crd.get("spec"));
    assertThat(spec)
        .containsEntry("group", type.group())
        .containsEntry("scope", type.namespaced() ? "Namespaced" : "Cluster");
    assertThat(map(spec.get("names")))
        .containsEntry("plural", type.plural())
        .containsEntry("singular", type.plural().substring(0, type.plural().length() - 1))
        .containsEntry("kind", type.kind())
        .containsEntry("listKind", type.kind() + "List");
    assertThat(type.kind()).matches("[A-Z][A-Za-z]+");
    assertThat(served(type)).containsExactly(type.version());
  }

  /// Harvester's writers put the status through the main resource; with a subresource the API
  /// server would drop it.
  @ParameterizedTest
  @MethodSource("types")
  void onlyOurOwnTypesHaveAStatusSubresource(ResourceType<?> type) {
    boolean ours = type.group().equals(ThresherNames.API_GROUP);
    for (Object version : list(map(definition(type).get("spec")).get("versions"))) {
      assertThat(map(version).get("subresources"))
          .isEqualTo(ours ? Map.of("status", Map.of()) : null);
    }
  }

  @Test
  void shortNamesAreHarvesters() {
    assertThat(shortNames(LoadBalancerTypes.LOAD_BALANCER)).containsExactly("lb", "lbs");
    assertThat(shortNames(LoadBalancerTypes.IP_POOL)).containsExactly("pool", "pools");
  }

  @Test
  void columnsAreHarvesters() {
    assertThat(columns(LoadBalancerTypes.LOAD_BALANCER))
        .containsExactly("DESCRIPTION", "WORKLOADTYPE", "IPAM", "ADDRESS", "AGE");
    assertThat(columns(LoadBalancerTypes.IP_POOL))
        .containsExactly("DESCRIPTION", "RANGES", "Priority", "AGE");
  }

  @Test
  void theOlderVersionIsKnownButNotServed() {
    Map<String, Object> older = version(LoadBalancerTypes.LOAD_BALANCER, "v1alpha1");
    assertThat(older)
        .containsEntry("served", false)
        .containsEntry("storage", false)
        .containsEntry("deprecated", true);
  }

  @Test
  void newGroupsAreOurs() {
    assertThat(
            CustomResources.TYPES.stream()
                .map(ResourceType::group)
                .filter(group -> !group.equals(LoadBalancerTypes.GROUP)))
        .isNotEmpty()
        .allMatch(ThresherNames.API_GROUP::equals);
  }

  /// What Harvester's definitions have, written down from them: nothing of it may be missing, be of
  /// another type, or become required.
  @Test
  void keepsHarvestersFields() {
    assertThat(fields(LoadBalancerTypes.LOAD_BALANCER))
        .containsAllEntriesOf(
            Map.ofEntries(
                Map.entry(".spec.description", "string"),
                Map.entry(".spec.workloadType", "string[vm, cluster]"),
                Map.entry(".spec.ipam", "string[pool, dhcp]"),
                Map.entry(".spec.ipPool", "string"),
                Map.entry(".spec.listeners", "array"),
                Map.entry(".spec.listeners[].name", "string"),
                Map.entry(".spec.listeners[].port", "integer:int32!"),
                Map.entry(".spec.listeners[].protocol", "string=TCP!"),
                Map.entry(".spec.listeners[].backendPort", "integer:int32!"),
                Map.entry(".spec.backendServerSelector", "object"),
                Map.entry(".spec.backendServerSelector{}", "array"),
                Map.entry(".spec.backendServerSelector{}[]", "string"),
                Map.entry(".spec.healthCheck", "object"),
                Map.entry(".spec.healthCheck.port", "integer"),
                Map.entry(".spec.healthCheck.successThreshold", "integer"),
                Map.entry(".spec.healthCheck.failureThreshold", "integer"),
                Map.entry(".spec.healthCheck.periodSeconds", "integer"),
                Map.entry(".spec.healthCheck.timeoutSeconds", "integer"),
                Map.entry(".status.address", "string"),
                Map.entry(".status.backendServers", "array"),
                Map.entry(".status.backendServers[]", "string"),
                Map.entry(".status.allocatedAddress.ipPool", "string"),
                Map.entry(".status.allocatedAddress.ip", "string"),
                Map.entry(".status.allocatedAddress.mask", "string"),
                Map.entry(".status.allocatedAddress.gateway", "string"),
                Map.entry(".status.conditions[].type", "string!"),
                Map.entry(".status.conditions[].status", "string!"),
                Map.entry(".status.conditions[].lastUpdateTime", "string"),
                Map.entry(".status.conditions[].lastTransitionTime", "string"),
                Map.entry(".status.conditions[].reason", "string"),
                Map.entry(".status.conditions[].message", "string")));
    assertThat(fields(LoadBalancerTypes.IP_POOL))
        .containsAllEntriesOf(
            Map.ofEntries(
                Map.entry(".spec.description", "string"),
                Map.entry(".spec.ranges", "array!"),
                Map.entry(".spec.ranges[].subnet", "string!"),
                Map.entry(".spec.ranges[].rangeStart", "string"),
                Map.entry(".spec.ranges[].rangeEnd", "string"),
                Map.entry(".spec.ranges[].gateway", "string"),
                Map.entry(".spec.selector.priority", "integer:int32"),
                Map.entry(".spec.selector.network", "string"),
                Map.entry(".spec.selector.scope[].project", "string"),
                Map.entry(".spec.selector.scope[].namespace", "string"),
                Map.entry(".spec.selector.scope[].guestCluster", "string"),
                Map.entry(".status.total", "integer:int64!"),
                Map.entry(".status.available", "integer:int64!"),
                Map.entry(".status.lastAllocated", "string!"),
                Map.entry(".status.allocated{}", "string"),
                Map.entry(".status.allocatedHistory{}", "string"),
                Map.entry(".status.conditions[].type", "string!")));
  }

  @Test
  void whatIsOursInHarvestersTypesIsOptionalAndHasNoDefault() {
    assertThat(fields(LoadBalancerTypes.LOAD_BALANCER))
        .containsEntry(".spec.placement", "string[guest, host]")
        .containsEntry(
            ".spec.ipFamilyPolicy", "string[SingleStack, PreferDualStack, RequireDualStack]")
        .containsEntry(".spec.ipv6Pool", "string")
        .containsEntry(".status.addresses[]", "string")
        .containsEntry(".status.backends", "array")
        .containsEntry(".status.allocatedAddress.ipv6Pool", "string")
        .containsEntry(".status.allocatedAddress.ipv6IP", "string")
        .containsEntry(".status.allocatedAddress.ipv6Mask", "string")
        .containsEntry(".status.allocatedAddress.ipv6Gateway", "string");
    assertThat(fields(LoadBalancerTypes.IP_POOL))
        .containsEntry(".spec.ranges[].exclude[]", "string");
  }

  /// A field that the model knows and the definition does not would be pruned by the API server.
  @ParameterizedTest
  @MethodSource("types")
  void modelsAndDefinitionsHaveTheSameFields(ResourceType<?> type) {
    Set<String> ofModel = new TreeSet<>();
    collect(type.model(), "", ofModel);
    Set<String> ofDefinition =
        fields(type).keySet().stream()
            .map(path -> path.replace("[]", "").replace("{}", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(ofModel).isEqualTo(ofDefinition);
  }

  @ParameterizedTest
  @MethodSource("types")
  void hasNoFieldThatKubernetesDoesNotKnow(ResourceType<?> type) throws IOException {
    V1CustomResourceDefinition.validateJsonElement(LenientJson.gson().toJsonTree(definition(type)));
    assertThat(CustomResources.yaml(type)).doesNotContain("x-implements", "x-crd", "$ref", "&id");
  }

  @Test
  void refusesATypeWithoutDefinition() {
    assertThatThrownBy(() -> CustomResources.yaml(CoreTypes.NODE)).hasMessageContaining("nodes");
    assertThat(CustomResources.fileName(NetTypes.ADDRESS_CLAIM))
        .isEqualTo("net.thresher.dev_addressclaims.yaml");
  }

  private static Map<String, Object> definition(ResourceType<?> type) {
    return map(new Yaml().load(CustomResources.yaml(type)));
  }

  private static Map<String, Object> version(ResourceType<?> type, String name) {
    return list(map(definition(type).get("spec")).get("versions")).stream()
        .map(CrdRenderer::map)
        .filter(version -> name.equals(version.get("name")))
        .findFirst()
        .orElseThrow();
  }

  private static List<Object> served(ResourceType<?> type) {
    return list(map(definition(type).get("spec")).get("versions")).stream()
        .map(CrdRenderer::map)
        .filter(version -> Boolean.TRUE.equals(version.get("served")))
        .map(version -> version.get("name"))
        .toList();
  }

  private static List<Object> shortNames(ResourceType<?> type) {
    return list(map(map(definition(type).get("spec")).get("names")).get("shortNames"));
  }

  private static List<Object> columns(ResourceType<?> type) {
    return list(version(type, type.version()).get("additionalPrinterColumns")).stream()
        .map(column -> map(column).get("name"))
        .toList();
  }

  /// Path to `type:format[enum]=default!`, the exclamation mark for required.
  private static Map<String, String> fields(ResourceType<?> type) {
    var fields = new TreeMap<String, String>();
    flatten(
        map(map(version(type, type.version()).get("schema")).get("openAPIV3Schema")), "", fields);
    return fields;
  }

  private static void flatten(Map<String, Object> schema, String path, Map<String, String> into) {
    if (schema.containsKey("properties")) {
      List<Object> required = list(schema.getOrDefault("required", List.of()));
      map(schema.get("properties"))
          .forEach((name, property) -> {
            into.put(
                path + "." + name, describe(map(property)) + (required.contains(name) ? "!" : ""));
            flatten(map(property), path + "." + name, into);
          });
    }
    for (String of : List.of("items", "additionalProperties")) {
      if (schema.containsKey(of)) {
        String inner = path + (of.equals("items") ? "[]" : "{}");
        into.put(inner, describe(map(schema.get(of))));
        flatten(map(schema.get(of)), inner, into);
      }
    }
  }

  private static String describe(Map<String, Object> schema) {
    return schema.get("type")
        + (schema.containsKey("format") ? ":" + schema.get("format") : "")
        + (schema.containsKey("enum") ? schema.get("enum") : "")
        + (schema.containsKey("default") ? "=" + schema.get("default") : "");
  }

  private static void collect(Class<?> model, String path, Set<String> into) {
    for (Field field : model.getDeclaredFields()) {
      if (Modifier.isStatic(field.getModifiers()) || field.isSynthetic()) {
        continue;
      }
      String name = path + "." + field.getAnnotation(SerializedName.class).value();
      into.add(name);
      Class<?> inner = element(field.getGenericType());
      if (inner.getPackage() != null
          && inner.getPackage().getName().startsWith("dev.thresher.api")) {
        collect(inner, name, into);
      }
    }
  }

  /// The type of the elements of nested lists and maps.
  private static Class<?> element(Type type) {
    if (type instanceof ParameterizedType container) {
      Type[] arguments = container.getActualTypeArguments();
      return element(arguments[arguments.length - 1]);
    }
    return (Class<?>) type;
  }
}
