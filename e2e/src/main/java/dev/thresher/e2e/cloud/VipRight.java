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
  MAJORITY;

  /// What a vip-manager's environment says about it.
  ///
  /// @param directory of the lab, for the keys that all share and the state of each
  /// @param founds whether it founds the record of voters
  Map<String, String> environment(Path directory, Machine on, boolean founds) {
    return switch (this) {
      case LEASES -> Map.of();
      case MAJORITY ->
          Map.of(
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
