package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

class ManifestCommandTest {

  private static final Gson GSON = new Gson();
  private static final Map<String, String> VIPS = Map.of("cp_namespace", "vips");

  private static JsonObject yaml(String text) {
    Object document = new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
    return GSON.toJsonTree(document).getAsJsonObject();
  }

  private static JsonObject container(JsonObject podSpec) {
    return podSpec.getAsJsonArray("containers").get(0).getAsJsonObject();
  }

  private static Map<String, String> environment(JsonObject container) {
    Map<String, String> variables = new TreeMap<>();
    for (var entry : container.getAsJsonArray("env")) {
      JsonObject variable = entry.getAsJsonObject();
      variables.put(
          variable.get("name").getAsString(),
          variable.has("value") ? variable.get("value").getAsString() : "");
    }
    return variables;
  }

  private static void onlyWhatItNeeds(JsonObject podSpec) {
    assertThat(podSpec.get("hostNetwork").getAsBoolean()).isTrue();
    JsonObject security = container(podSpec).getAsJsonObject("securityContext");
    assertThat(security.get("readOnlyRootFilesystem").getAsBoolean()).isTrue();
    assertThat(security.get("allowPrivilegeEscalation").getAsBoolean()).isFalse();
    assertThat(security.has("privileged")).isFalse();
    JsonObject capabilities = security.getAsJsonObject("capabilities");
    assertThat(capabilities.get("drop")).isEqualTo(strings("ALL"));
    assertThat(capabilities.get("add")).isEqualTo(strings("NET_ADMIN", "NET_RAW"));
  }

  private static JsonArray strings(String... values) {
    return GSON.toJsonTree(List.of(values)).getAsJsonArray();
  }

  @Test
  void aStaticPodForTheControlPlane() {
    String text =
        ManifestCommand.manifest(
            List.of(
                "pod",
                "--interface",
                "eth0",
                "--address=192.0.2.10",
                "--controlplane",
                "--services",
                "--arp",
                "--leaderElection",
                "--image=registry/vip:1"),
            Map.of());
    JsonObject pod = yaml(text);
    assertThat(pod.get("kind").getAsString()).isEqualTo("Pod");
    JsonObject spec = pod.getAsJsonObject("spec");
    onlyWhatItNeeds(spec);
    assertThat(container(spec).get("image").getAsString()).isEqualTo("registry/vip:1");
    assertThat(container(spec).get("args")).isEqualTo(strings("manager"));
    assertThat(environment(container(spec)))
        .containsOnly(
            Map.entry("vip_nodename", ""),
            Map.entry("vip_profile", "full"),
            Map.entry("vip_right", "majority"),
            Map.entry("vip_bootstrap", "true"),
            Map.entry("vip_mesh_keys", "/etc/vip-manager/mesh"),
            Map.entry("vip_state_dir", "/var/lib/vip-manager"),
            Map.entry("vip_arp", "true"),
            Map.entry("vip_interface", "eth0"),
            Map.entry("svc_enable", "true"),
            Map.entry("cp_enable", "true"),
            Map.entry("address", "192.0.2.10"));
    assertThat(text).contains("/dev/net/tun").contains("/etc/kubernetes/admin.conf");
    // A static pod cannot name a Secret.
    assertThat(volumeAt(spec, "/etc/vip-manager/mesh").getAsJsonObject("hostPath").toString())
        .isEqualTo("{\"path\":\"/etc/vip-manager/mesh\",\"type\":\"Directory\"}");
    assertThat(volumeAt(spec, "/var/lib/vip-manager").getAsJsonObject("hostPath").toString())
        .contains("DirectoryOrCreate");
    assertThat(spec.has("serviceAccountName")).isFalse();
  }

  @Test
  void aDaemonSetForServices() {
    String text =
        ManifestCommand.manifest(
            List.of("daemonset", "--services", "--arp", "--inCluster", "--taint"),
            Map.of("vip_servicesinterface", "eth1", "vip_profile", "compatible"));
    JsonObject set = yaml(text);
    assertThat(set.get("kind").getAsString()).isEqualTo("DaemonSet");
    JsonObject spec =
        set.getAsJsonObject("spec").getAsJsonObject("template").getAsJsonObject("spec");
    onlyWhatItNeeds(spec);
    assertThat(spec.get("serviceAccountName").getAsString()).isEqualTo("vip-manager");
    assertThat(spec.has("affinity")).isTrue();
    assertThat(environment(container(spec)))
        .containsEntry("vip_servicesinterface", "eth1")
        .containsEntry("vip_profile", "compatible");
    assertThat(text).doesNotContain("/dev/net/tun").doesNotContain("hostPath");
    assertThat(ManifestCommand.manifest(List.of("daemonset", "--services", "--arp"), Map.of()))
        .doesNotContain("affinity");
  }

  /// The volume that is mounted at a path.
  private static JsonObject volumeAt(JsonObject podSpec, String path) {
    String name =
        named(container(podSpec).getAsJsonArray("volumeMounts"), "mountPath", path)
            .get("name")
            .getAsString();
    return named(podSpec.getAsJsonArray("volumes"), "name", name);
  }

  private static JsonObject named(JsonArray objects, String key, String value) {
    return objects.asList().stream()
        .map(JsonElement::getAsJsonObject)
        .filter(object -> object.get(key).getAsString().equals(value))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + key + " " + value + " in " + objects));
  }

  @Test
  void aDaemonSetHasTheKeysFromASecret() {
    JsonObject spec =
        yaml(ManifestCommand.manifest(List.of("daemonset", "--services", "--arp"), Map.of()))
            .getAsJsonObject("spec")
            .getAsJsonObject("template")
            .getAsJsonObject("spec");
    assertThat(environment(container(spec)))
        .containsEntry("vip_right", "majority")
        .containsEntry("vip_mesh_keys", "/etc/vip-manager/mesh");
    assertThat(volumeAt(spec, "/etc/vip-manager/mesh").getAsJsonObject("secret").toString())
        .contains("vip-manager-mesh");
  }

  /// What is told goes before what is advised, also where it is the program's own fallback.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          -                                            | full       | majority | true | /etc/vip-manager/mesh | /var/lib/vip-manager
          --right=leases                               | full       | -        | -    | -                     | -
          --profile=compatible                         | compatible | -        | -    | -                     | -
          --profile=auto                               | -          | -        | -    | -                     | -
          --right=majority                             | full       | majority | true | /etc/vip-manager/mesh | /var/lib/vip-manager
          --mesh-insecure                              | full       | majority | true | -                     | /var/lib/vip-manager
          --bootstrap=false --mesh-keys=/k --state-dir=/s | full    | majority | -    | /k                    | /s
          """)
  void whatIsToldGoesBeforeWhatIsAdvised(
      String flags, String profile, String right, String bootstrap, String keys, String state) {
    List<String> arguments = new ArrayList<>(List.of("pod", "--services", "--arp"));
    if (flags != null) {
      arguments.addAll(List.of(flags.split(" ")));
    }
    String text = ManifestCommand.manifest(arguments, Map.of());
    Map<String, String> environment = environment(container(yaml(text).getAsJsonObject("spec")));
    assertThat(environment.get("vip_profile")).isEqualTo(profile);
    assertThat(environment.get("vip_right")).isEqualTo(right);
    assertThat(environment.get("vip_bootstrap")).isEqualTo(bootstrap);
    assertThat(environment.get("vip_mesh_keys")).isEqualTo(keys);
    assertThat(environment.get("vip_state_dir")).isEqualTo(state);
    assertThat(text.contains("mesh-keys")).isEqualTo(keys != null);
    assertThat(text.contains("DirectoryOrCreate")).isEqualTo(state != null);
  }

  @Test
  void theRightOfTheCompatibleProfileIsKubeVips() {
    assertThatThrownBy(() ->
            ManifestCommand.manifest(
                List.of("pod", "--arp", "--services", "--profile=compatible", "--right=majority"),
                Map.of()))
        .hasMessageContaining("vip_right");
  }

  @ParameterizedTest
  @ValueSource(strings = {"init", "join"})
  void kubeadmIsTheStaticPodOfTheControlPlane(String step) {
    assertThat(ManifestCommand.kubeadm(List.of(step, "--address", "2001:db8::10"), Map.of()))
        .contains("kind: Pod")
        .contains("- name: cp_enable\n")
        .contains("value: \"2001:db8::10\"");
  }

  /// On the first node `admin.conf` may do nothing yet.
  @ParameterizedTest
  @CsvSource({
    "'', /etc/kubernetes/admin.conf",
    "--k8sConfigPath=/etc/kubernetes/super-admin.conf, /etc/kubernetes/super-admin.conf",
  })
  void thePodReadsTheKubeconfigThatIsTold(String flag, String path) {
    List<String> arguments =
        new ArrayList<>(List.of("init", "--address=192.0.2.10", "--interface=eth0"));
    if (!flag.isEmpty()) {
      arguments.add(flag);
    }
    String text = ManifestCommand.kubeadm(arguments, Map.of());
    JsonObject podSpec = yaml(text).getAsJsonObject("spec");
    assertThat(podSpec.get("volumes").toString())
        .contains("{\"path\":\"" + path + "\",\"type\":\"FileOrCreate\"}");
    assertThat(container(podSpec).get("volumeMounts").toString())
        .contains("\"mountPath\":\"" + path + "\"");
    assertThat(
            environment(container(podSpec))
                .getOrDefault("k8s_config_file", Settings.KUBECONFIG.fallback()))
        .isEqualTo(path);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ":2112 | 127.0.0.1 | 2112",
        "0.0.0.0:2113 | 127.0.0.1 | 2113",
        "[::]:2113 | 127.0.0.1 | 2113",
        "127.0.0.1:2113 | 127.0.0.1 | 2113",
        "192.0.2.5:2112 | 192.0.2.5 | 2112",
        "[::1]:2112 | ::1 | 2112",
        "[2001:db8::5]:2112 | 2001:db8::5 | 2112",
      })
  void theProbesAskWhereHealthIsServed(String server, String host, int port) {
    JsonObject container =
        container(
            yaml(ManifestCommand.manifest(
                    List.of("pod", "--services", "--arp", "--prometheusHTTPServer", server),
                    Map.of()))
                .getAsJsonObject("spec"));
    for (String probe : List.of("livenessProbe", "readinessProbe")) {
      JsonObject get = container.getAsJsonObject(probe).getAsJsonObject("httpGet");
      assertThat(get.get("host").getAsString()).isEqualTo(host);
      assertThat(get.get("port").getAsInt()).isEqualTo(port);
    }
  }

  /// An empty variable counts as not set, as kube-vip's do, so the program would serve after all.
  @ParameterizedTest
  @ValueSource(strings = {"pod", "daemonset"})
  void whatIsSetToNothingStaysNothing(String kind) {
    JsonObject manifest =
        yaml(
            ManifestCommand.manifest(
                List.of(kind, "--services", "--arp", "--prometheusHTTPServer="), Map.of()));
    JsonObject spec = manifest.getAsJsonObject("spec");
    JsonObject container =
        container(
            kind.equals("pod") ? spec : spec.getAsJsonObject("template").getAsJsonObject("spec"));
    List<String> arguments = new ArrayList<>();
    container.getAsJsonArray("args").forEach(argument -> arguments.add(argument.getAsString()));
    assertThat(arguments).containsExactly("manager", "--prometheusHTTPServer=");
    assertThat(environment(container)).doesNotContainKey("prometheus_server");
    assertThat(container.has("livenessProbe")).isFalse();
    SettingValues read =
        SettingValues.read(arguments.subList(1, arguments.size()), environment(container));
    assertThat(ManagerConfig.of(read, "node", anywhere -> true).opsPort()).isZero();
  }

  @Test
  void theAccessRulesAreThoseThatAreShipped() throws IOException {
    assertThat(ManifestCommand.manifest(List.of("rbac"), Map.of()))
        .isEqualTo(Files.readString(Path.of("../charts/vip-manager/files/rbac.yaml")));
  }

  /// The pod and its account stay where they are; the rights are where the Leases are.
  @Test
  void theRoleIsInTheNamespaceOfTheLeases() {
    List<String> flags = List.of("rbac", "--namespace", "vips", "--enableNodeLabeling");
    String rbac = ManifestCommand.manifest(flags, Map.of());
    assertThat(ManifestCommand.manifest(List.of("rbac", "--enableNodeLabeling"), VIPS))
        .isEqualTo(rbac);
    List<String> places = new ArrayList<>();
    for (String document : rbac.split("\n---\n", -1)) {
      JsonObject object = yaml(document);
      JsonElement place = object.getAsJsonObject("metadata").get("namespace");
      places.add(
          object.get("kind").getAsString() + " " + (place == null ? "" : place.getAsString()));
      if (object.has("subjects")) {
        assertThat(object.getAsJsonArray("subjects").toString())
            .contains("\"namespace\":\"kube-system\"");
      }
    }
    assertThat(places)
        .containsExactly(
            "ServiceAccount kube-system",
            "ClusterRole ",
            "ClusterRoleBinding ",
            "Role vips",
            "RoleBinding vips",
            "ClusterRole ",
            "ClusterRoleBinding ");
    assertThat(ManifestCommand.manifest(List.of("daemonset", "--services", "--arp"), VIPS))
        .contains("- name: cp_namespace\n        value: \"vips\"".indent(6).stripTrailing());
    assertThatThrownBy(() -> ManifestCommand.manifest(List.of("rbac", "-n", "a\nb: c"), Map.of()))
        .hasMessageContaining("cp_namespace (--namespace) must be");
  }

  /// By kind of object and its namespace what `manifest rbac` prints for profile compatible.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --namespace=kube-system              | Role kube-system, RoleBinding kube-system
          --namespace=vips                     | Role vips, RoleBinding vips
          --leaseName=a/cp -n b                | Role a, RoleBinding a, Role b, RoleBinding b
          --servicesElection                   | ClusterRole leases, ClusterRoleBinding leases
          --namespace=vips --servicesElection  | ClusterRole leases, ClusterRoleBinding leases
          --enableNodeLabeling                 | Role kube-system, RoleBinding kube-system, ClusterRole node-labels, ClusterRoleBinding node-labels
          """)
  void theRoleOfTheCompatibleProfileReadsAndUpdatesAndIsWhereItsLeasesAre(
      String flags, String printed) {
    List<String> arguments = new ArrayList<>(List.of("rbac", "--profile=compatible"));
    arguments.addAll(List.of(flags.split(" ")));
    String rbac = ManifestCommand.manifest(arguments, Map.of());
    List<String> kinds = new ArrayList<>();
    for (String document : rbac.split("\n---\n", -1)) {
      JsonObject object = yaml(document);
      JsonObject meta = object.getAsJsonObject("metadata");
      String place =
          meta.has("namespace")
              ? meta.get("namespace").getAsString()
              : meta.get("name").getAsString().replaceFirst("thresher:vip-manager-?", "");
      kinds.add(object.get("kind").getAsString() + " " + place);
    }
    assertThat(kinds)
        .startsWith("ServiceAccount kube-system", "ClusterRole ", "ClusterRoleBinding ");
    assertThat(String.join(", ", kinds.subList(3, kinds.size()))).isEqualTo(printed);
    assertThat(rbac).doesNotContain("patch]").doesNotContain("events").doesNotContain("nodenet");
  }

  @Test
  void theNamespaceOfALeaseIsChecked() {
    assertThatThrownBy(() ->
            ManifestCommand.manifest(
                List.of("rbac", "--profile=compatible", "--leaseName=a\nb/cp"), Map.of()))
        .hasMessageContaining("vip_leasename (--leaseName) must have the name of a namespace");
  }

  /// By kind of object the verbs for nodes.
  private static List<String> verbsForNodes(String manifests) {
    List<String> verbs = new ArrayList<>();
    for (String document : manifests.split("\n---\n", -1)) {
      if (yaml(document).get("rules") instanceof JsonArray rules) {
        rules.forEach(element -> {
          JsonObject rule = element.getAsJsonObject();
          if (rule.getAsJsonArray("resources").contains(new JsonPrimitive("nodes"))) {
            rule.getAsJsonArray("verbs").forEach(verb -> verbs.add(verb.getAsString()));
          }
        });
      }
    }
    return verbs;
  }

  @Test
  void nodesMayBePatchedOnlyWhereTheyAreLabelled() {
    assertThat(verbsForNodes(ManifestCommand.manifest(List.of("rbac"), Map.of())))
        .containsExactly("get", "list", "watch");
    for (String rbac :
        List.of(
            ManifestCommand.manifest(List.of("rbac", "--enableNodeLabeling"), Map.of()),
            ManifestCommand.manifest(List.of("rbac"), Map.of("enable_node_labeling", "true")))) {
      assertThat(verbsForNodes(rbac)).containsExactly("get", "list", "watch", "patch");
      assertThat(rbac).endsWith("namespace: kube-system\n");
    }
    assertThat(
            ManifestCommand.manifest(
                List.of("daemonset", "--services", "--arp", "--enableNodeLabeling"), Map.of()))
        .contains("enable_node_labeling");
  }

  @Test
  void whatTheProgramWouldRefuseIsRefused() {
    assertThatThrownBy(() -> ManifestCommand.manifest(List.of(), Map.of()))
        .hasMessageContaining("manifest pod");
    assertThatThrownBy(() -> ManifestCommand.kubeadm(List.of("reset"), Map.of()))
        .hasMessageContaining("kubeadm init");
    assertThatThrownBy(() -> ManifestCommand.manifest(List.of("pod", "--controlplane"), Map.of()))
        .hasMessageContaining("vip_arp");
    assertThatThrownBy(
            () -> ManifestCommand.manifest(List.of("pod", "--arp", "--controlplane"), Map.of()))
        .hasMessageContaining("address");
    assertThatThrownBy(() -> ManifestCommand.manifest(List.of("pod", "--arp", "--bgp"), Map.of()))
        .hasMessageContaining("MetalLB");
  }
}
