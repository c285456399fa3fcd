package dev.thresher.e2e.cloud;

import dev.thresher.e2e.lab.LabException;
import dev.thresher.e2e.lab.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;

/// What says which vip-manager may hold an address.
public enum VipRight {
  /// Leases in the API server.
  LEASES,
  /// Voters among the nodes.
  MAJORITY,
  /// Leases in the API server as kube-vip has them, under kube-vip's role.
  COMPATIBLE;

  /// As it is told in tables of figures.
  public String label() {
    return switch (this) {
      case LEASES -> "";
      case MAJORITY -> ", right by a majority";
      case COMPATIBLE -> ", profile compatible";
    };
  }

  /// What a vip-manager's environment says about it.
  ///
  /// @param directory of the lab, for the keys that all share and the state of each
  /// @param founds whether it founds the record of voters
  public Map<String, String> environment(Path directory, Machine on, boolean founds) {
    return switch (this) {
      case LEASES -> Map.of("vip_profile", "full", "vip_mesh_keys", keys(directory).toString());
      // The times are those of the manifests that kube-vip prints.
      case COMPATIBLE ->
          Map.of(
              "vip_profile",
              "compatible",
              "vip_leaseduration",
              "5",
              "vip_renewdeadline",
              "3",
              "vip_retryperiod",
              "1");
      case MAJORITY ->
          Map.of(
              "vip_profile",
              "full",
              "vip_right",
              "majority",
              "vip_bootstrap",
              String.valueOf(founds),
              "vip_mesh_keys",
              keys(directory).toString(),
              "vip_state_dir",
              directory.resolve("vip-state").resolve(on.name()).toString());
    };
  }

  private static Path keys(Path directory) {
    Path keys = directory.resolve("vip-keys");
    Path first = keys.resolve("1");
    try {
      if (!Files.exists(first)) {
        Files.createDirectories(keys);
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        Files.write(first, key);
      }
    } catch (IOException e) {
      throw new LabException("cannot make keys in " + keys + ": " + e.getMessage(), e);
    }
    return keys;
  }
}
