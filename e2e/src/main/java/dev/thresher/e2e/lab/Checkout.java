package dev.thresher.e2e.lab;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;

/// The checkout whose scripts and programs the lab uses.
public final class Checkout {

  private Checkout() {}

  /// The top folder: `THRESHER_HOME`, else found upwards from the working directory or from where
  /// this class was loaded.
  ///
  /// @throws LabException if there is none
  public static Path find() {
    var starts = new ArrayList<Path>();
    String named = System.getenv("THRESHER_HOME");
    if (named != null && !named.isEmpty()) {
      starts.add(Path.of(named));
    }
    starts.add(Path.of("").toAbsolutePath());
    try {
      var source = Checkout.class.getProtectionDomain().getCodeSource();
      if (source != null) {
        starts.add(Path.of(source.getLocation().toURI()));
      }
    } catch (URISyntaxException e) {
      throw new LabException("cannot tell where the lab was loaded from: " + e.getMessage(), e);
    }
    for (Path start : starts) {
      for (Path here = start; here != null; here = here.getParent()) {
        if (Files.isExecutable(here.resolve("hack/lab/kubelab.sh"))) {
          return here;
        }
      }
    }
    throw new LabException(
        "hack/lab/kubelab.sh not found upwards from "
            + starts
            + "; set THRESHER_HOME to the checkout");
  }
}
