package dev.thresher.ccm.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.api.names.KubeVirtNames;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.api.names.ThresherNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The pages for people and the sources name the same annotations, labels, taints, finalizers and
/// Events.
class NamesPageTest {

  private static final List<Class<?>> NAMES =
      List.of(
          HarvesterNames.class,
          KubeVipNames.class,
          KubeVirtCloudNames.class,
          KubeVirtNames.class,
          KubernetesNames.class,
          OwnershipNames.class,
          ThresherNames.class);

  private static final List<Path> PAGES =
      List.of(
          Path.of("../docs/reference/ccm.md"),
          Path.of("../docs/reference/ccm-kubevirt.md"),
          Path.of("../docs/design/machines-and-nodes.md"));

  /// Words in two parts that are no reasons: kinds, values of fields, states of machines.
  private static final Set<String> NO_REASONS =
      Set.of(
          "AllAlpha",
          "AllBeta",
          "ClientIP",
          "ConfigMap",
          "CrashLoopBackOff",
          "DataVolumeError",
          "EndpointSlice",
          "ErrImagePull",
          "ErrorPvcNotFound",
          "ErrorUnschedulable",
          "ExternalDNS",
          "ExternalIP",
          "ImagePullBackOff",
          "InternalDNS",
          "InternalIP",
          "LeaderMigrationConfiguration",
          "LoadBalancer",
          "NetworkUnavailable",
          "NoRouteCreated",
          "NoSchedule",
          "NodeLifecycle",
          "NodePort",
          "PreferDualStack",
          "RequireDualStack",
          "RouteCreated",
          "SelfSubjectAccessReview",
          "SingleStack",
          "WaitingForSync",
          "WaitingForVolumeBinding");

  private static String pages() {
    return PAGES.stream().map(NamesPageTest::read).collect(Collectors.joining("\n"));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Text of each source file, by path.
  private static Map<String, String> sources(String root) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of(root))) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .collect(
              Collectors.toMap(Path::toString, NamesPageTest::read, (one, _) -> one, TreeMap::new));
    }
  }

  /// Keys of labels and the like among the constants, by `Class.CONSTANT`.
  private static Map<String, String> keys() throws IllegalAccessException {
    Map<String, String> keys = new TreeMap<>();
    for (Class<?> names : NAMES) {
      for (Field field : names.getFields()) {
        if (Modifier.isStatic(field.getModifiers())
            && field.get(null) instanceof String value
            && value.matches("[a-z0-9.-]+\\.[a-z0-9.-]+/[A-Za-z0-9._-]+")) {
          keys.put(names.getSimpleName() + "." + field.getName(), value);
        }
      }
    }
    return keys;
  }

  @Test
  void everyKeyThatIsUsedIsDocumented() throws Exception {
    String code = String.join("\n", sources("src/main/java").values());
    Set<String> used = new TreeSet<>();
    keys()
        .forEach((constant, value) -> {
          if (Pattern.compile("\\b" + Pattern.quote(constant) + "\\b").matcher(code).find()) {
            used.add(value);
          }
        });
    assertThat(used).hasSizeGreaterThan(30);
    String pages = pages();
    assertThat(used).filteredOn(key -> !pages.contains(key)).as("not on any page").isEmpty();
  }

  @Test
  void everyKeyOfOursThatIsDocumentedIsThere() throws Exception {
    Matcher matcher =
        Pattern.compile("`((?:thresher\\.dev|cloudprovider\\.harvesterhci\\.io)/[A-Za-z-]+)[`=:]")
            .matcher(pages());
    Set<String> documented = new TreeSet<>();
    while (matcher.find()) {
      documented.add(matcher.group(1));
    }
    assertThat(documented).hasSizeGreaterThan(15);
    assertThat(Set.copyOf(keys().values())).containsAll(documented);
  }

  @Test
  void eventsAreThoseOfTheSources() throws Exception {
    Map<String, String> files = sources("src/main/java/dev/thresher/ccm");
    files
        .keySet()
        .removeIf(file ->
            file.endsWith("FeatureGates.java") || file.endsWith("ConfigurationDocument.java"));
    files.putAll(sources("../controller-runtime/src/main/java/dev/thresher/runtime/leader"));
    String code = String.join("\n", files.values());

    Set<String> documented = new TreeSet<>();
    Matcher rows =
        Pattern.compile("(?m)^\\| [A-Za-z]+ \\| (?:Normal|Warning) \\| ([^|]+) \\|")
            .matcher(read(PAGES.getFirst()));
    while (rows.find()) {
      for (String reason : rows.group(1).split(",", -1)) {
        documented.add(reason.strip().replace("`", ""));
      }
    }
    assertThat(documented).hasSizeGreaterThan(40);
    assertThat(documented)
        .filteredOn(reason -> !code.contains("\"" + reason + "\""))
        .as("documented, and no source has it")
        .isEmpty();

    Matcher words = Pattern.compile("\"([A-Z][a-z]+(?:[A-Z][A-Za-z]*)+)\"").matcher(code);
    Set<String> reasons = new TreeSet<>();
    while (words.find()) {
      reasons.add(words.group(1));
    }
    reasons.removeAll(NO_REASONS);
    assertThat(reasons).filteredOn(r -> !documented.contains(r)).as("not documented").isEmpty();
  }
}
