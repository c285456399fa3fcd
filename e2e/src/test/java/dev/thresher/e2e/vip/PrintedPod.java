package dev.thresher.e2e.vip;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// The one container of a printed Pod or DaemonSet, run as a kubelet would have it run: with the
/// capabilities that the manifest adds and no others, no new privileges, `/proc/sys` and `/sys`
/// read-only, a read-only root that has the files of an image, and the manifest's volumes. What is
/// not there is the filter of system calls.
///
/// @param spec of the pod
record PrintedPod(JsonObject spec) {

  /// Devices that each container has.
  private static final List<String> DEVICES = List.of("null", "zero", "full", "random", "urandom");

  static PrintedPod parse(String manifest) {
    Object document = new Yaml(new SafeConstructor(new LoaderOptions())).load(manifest);
    JsonObject object = new Gson().toJsonTree(document).getAsJsonObject();
    JsonObject spec = object.getAsJsonObject("spec");
    JsonObject template = spec.getAsJsonObject("template");
    return new PrintedPod(template == null ? spec : template.getAsJsonObject("spec"));
  }

  JsonObject container() {
    return spec.getAsJsonArray("containers").get(0).getAsJsonObject();
  }

  JsonObject security() {
    return container().getAsJsonObject("securityContext");
  }

  List<String> arguments() {
    return texts(container().getAsJsonArray("args"));
  }

  /// What the manifest sets, without what the image sets.
  Map<String, String> environment(String nodeName) {
    Map<String, String> environment = new HashMap<>();
    for (JsonElement element : container().getAsJsonArray("env")) {
      JsonObject variable = element.getAsJsonObject();
      environment.put(
          text(variable, "name"),
          variable.has("value") ? text(variable, "value") : ofNode(variable, nodeName));
    }
    return environment;
  }

  private static String ofNode(JsonObject variable, String nodeName) {
    String field =
        text(variable.getAsJsonObject("valueFrom").getAsJsonObject("fieldRef"), "fieldPath");
    if (!field.equals("spec.nodeName")) {
      throw new IllegalArgumentException("a field that no pod here has: " + field);
    }
    return nodeName;
  }

  /// Paths at which the container may write.
  List<String> writablePaths() {
    return mounts().stream().filter(mount -> !mount.readOnly()).map(Mount::path).sorted().toList();
  }

  /// Makes what a kubelet makes on the node, and the command line of the container.
  ///
  /// @param node stands for the root of the node's own files
  /// @param image by path in the container the folders of this machine that an image would have
  ///   there, beside those of its system
  /// @param program first words of the command, of a file of the image
  List<String> command(Path node, Map<String, Path> image, List<String> program)
      throws IOException {
    String capabilities =
        texts(security().getAsJsonObject("capabilities").getAsJsonArray("add")).stream()
            .map(name -> ",+" + name.toLowerCase(Locale.ROOT))
            .collect(Collectors.joining());
    Path root = Files.createDirectories(node.resolve("containers")).resolve("root");
    Files.createDirectories(root);
    List<String> command =
        new ArrayList<>(List.of("unshare", "--mount", "--propagation", "private", "sh", "-ceu"));
    command.add(script(root, node, image) + "exec chroot '" + root + "' \"$@\"\n");
    command.addAll(List.of("container", "setpriv", "--inh-caps=-all"));
    command.add("--bounding-set=-all" + capabilities);
    if (!security().get("allowPrivilegeEscalation").getAsBoolean()) {
      command.add("--no-new-privs");
    }
    command.addAll(program);
    command.addAll(arguments());
    return command;
  }

  private String script(Path root, Path node, Map<String, Path> image) throws IOException {
    var script = new StringBuilder("root='" + root + "'\n");
    script.append(
        """
        folder() { # FROM TO MODE
          mkdir -p "$root$2"
          mount --bind "$1" "$root$2"
          mount -o "remount,bind,$3" "$root$2"
        }
        file() { # FROM TO MODE
          mkdir -p "$root${2%/*}"
          touch "$root$2"
          mount --bind "$1" "$root$2"
          mount -o "remount,bind,$3" "$root$2"
        }
        mount -t tmpfs -o mode=755 tmpfs "$root"
        for top in /bin /sbin /lib /lib64 /usr; do
          if [ -L "$top" ]; then
            ln -s "$(readlink "$top")" "$root$top"
          elif [ -d "$top" ]; then
            folder "$top" "$top" ro
          fi
        done
        mkdir "$root/etc"
        for name in hosts nsswitch.conf resolv.conf passwd group ld.so.cache; do
          [ ! -e "/etc/$name" ] || cp -L "/etc/$name" "$root/etc/"
        done
        mkdir "$root/proc"
        mount --rbind /proc "$root/proc"
        folder /proc/sys /proc/sys ro
        folder /sys /sys ro
        """);
    for (String device : DEVICES) {
      script.append("file /dev/%1$s /dev/%1$s rw\n".formatted(device));
    }
    image.forEach((path, from) -> script.append("folder '%s' '%s' ro\n".formatted(from, path)));
    for (Mount mount : mounts()) {
      script.append(mount.made(node));
    }
    if (security().get("readOnlyRootFilesystem").getAsBoolean()) {
      script.append("mount -o remount,ro \"$root\"\n");
    }
    return script.toString();
  }

  private List<Mount> mounts() {
    Map<String, JsonObject> volumes = new HashMap<>();
    for (JsonElement volume : spec.getAsJsonArray("volumes")) {
      volumes.put(text(volume.getAsJsonObject(), "name"), volume.getAsJsonObject());
    }
    return container().getAsJsonArray("volumeMounts").asList().stream()
        .map(JsonElement::getAsJsonObject)
        .map(mount ->
            new Mount(
                text(mount, "mountPath"),
                mount.has("readOnly") && mount.get("readOnly").getAsBoolean(),
                Objects.requireNonNull(volumes.get(text(mount, "name")))))
        .toList();
  }

  /// @param path in the container
  private record Mount(String path, boolean readOnly, JsonObject volume) {

    /// What mounts it.
    String made(Path node) throws IOException {
      String mode = readOnly ? "ro" : "rw";
      JsonObject memory = volume.getAsJsonObject("emptyDir");
      if (memory != null) {
        String size = text(memory, "sizeLimit").replace("Mi", "m");
        return "mkdir -p \"$root%1$s\"\nmount -t tmpfs -o size=%2$s tmpfs \"$root%1$s\"\n"
            .formatted(path, size);
      }
      JsonObject host = volume.getAsJsonObject("hostPath");
      if (host == null) {
        throw new IllegalArgumentException("a volume of a kind that no pod here has: " + volume);
      }
      String of = text(host, "path");
      Path from = of.startsWith("/dev/") ? Path.of(of) : node.resolve(of.substring(1));
      return switch (text(host, "type")) {
        case "DirectoryOrCreate" -> folder(Files.createDirectories(from), mode);
        case "Directory" -> folder(from, mode);
        case "FileOrCreate", "CharDevice" -> "file '%s' '%s' %s\n".formatted(from, path, mode);
        default -> throw new IllegalArgumentException("a type that no pod here has: " + host);
      };
    }

    private String folder(Path from, String mode) {
      return "folder '%s' '%s' %s\n".formatted(from, path, mode);
    }
  }

  private static List<String> texts(JsonArray array) {
    return array.asList().stream().map(JsonElement::getAsString).toList();
  }

  private static String text(JsonObject object, String field) {
    return object.get(field).getAsString();
  }
}
