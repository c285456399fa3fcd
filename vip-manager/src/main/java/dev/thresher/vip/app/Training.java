package dev.thresher.vip.app;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What the build runs to train the start-up cache: the program several times in one process, each
/// time until SIGTERM, so that the cache has what each kind of set-up needs.
final class Training {

  private Training() {}

  /// @param args for each time the settings that differ, as `name=value,name=value`
  public static void main(String[] args) {
    int status = VipManagerMain.OK;
    for (String differing : args) {
      Map<String, String> environment = new HashMap<>(System.getenv());
      Arrays.stream(differing.split(",", -1))
          .map(setting -> setting.split("=", 2))
          .forEach(setting -> environment.put(setting[0], setting[1]));
      status =
          Math.max(
              status, VipManagerMain.run(List.of("manager"), environment, System.out, System.err));
    }
    System.exit(status);
  }
}
