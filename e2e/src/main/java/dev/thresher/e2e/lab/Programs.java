package dev.thresher.e2e.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Where the lab's programs are.
///
/// @param kubelab Kubernetes and etcd in one
/// @param netlab the lab's own servers and probes
/// @param assets `KUBEBUILDER_ASSETS`: what it holds is used before kubelab
record Programs(Path kubelab, Path netlab, Optional<Path> assets) {

  /// Finds the programs, and builds those that this machine does not have yet.
  ///
  /// @param progress told each line that a build prints
  static Programs find(Consumer<String> progress) {
    Path scripts = Checkout.find().resolve("hack/lab");
    return new Programs(
        build(scripts, "kubelab", progress),
        build(scripts, "netlab", progress),
        Optional.ofNullable(System.getenv("KUBEBUILDER_ASSETS"))
            .filter(s -> !s.isEmpty())
            .map(Path::of));
  }

  /// Prometheus' parser of expressions; no part of a lab.
  static Path promql(Consumer<String> progress) {
    return build(Checkout.find().resolve("hack/lab"), "promql", progress);
  }

  /// Makes `directory/NAME` run the program of that name.
  List<String> command(Path directory, String name) {
    Path asset = assets.map(a -> a.resolve(name)).orElse(kubelab);
    Path target = Files.isExecutable(asset) ? asset : kubelab;
    Path link = directory.resolve(name);
    try {
      Files.createSymbolicLink(link, target);
    } catch (FileAlreadyExistsException e) {
      // Made for another control plane, which may start at the same moment.
      return List.of(link.toString());
    } catch (IOException e) {
      throw new LabException("cannot link " + link + ": " + e.getMessage(), e);
    }
    return List.of(link.toString());
  }

  private static Path build(Path scripts, String name, Consumer<String> progress) {
    try {
      Process process = new ProcessBuilder(scripts.resolve("kubelab.sh").toString(), name).start();
      process.getOutputStream().close();
      var said = new StringBuilder();
      try (BufferedReader errors =
          new BufferedReader(process.errorReader(StandardCharsets.UTF_8))) {
        for (String line = errors.readLine(); line != null; line = errors.readLine()) {
          said.append(line).append('\n');
          progress.accept(line);
        }
      }
      String path =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (process.waitFor() != 0) {
        throw new LabException("no " + name + ": " + said.toString().strip());
      }
      return Path.of(path);
    } catch (IOException e) {
      throw new LabException("cannot run hack/lab/kubelab.sh: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while building " + name, e);
    }
  }
}
