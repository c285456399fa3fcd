package dev.thresher.vip.app;

import dev.thresher.runtime.client.ClientConfigException;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import dev.thresher.vip.lease.VoterRecord;
import dev.thresher.vip.majority.ForcedVoters;
import dev.thresher.vip.majority.MajorityConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// `vip-manager voters` shows the record of voters, `vip-manager voters force NODE,NODE
/// --others-are-off` replaces it, `vip-manager voters end --all-are-off` opens the way back to the
/// right by Leases. It reaches the API server as the manager does, with the same settings.
final class VotersCommand {

  static final String CONFIRMATION = "--others-are-off";
  static final String ALL_OFF = "--all-are-off";

  private VotersCommand() {}

  /// What is asked for.
  ///
  /// @param forced the only voters from now on; none: show the record
  /// @param ends go back to the right by Leases
  /// @param settings the rest of the arguments
  record Asked(SortedSet<String> forced, boolean ends, List<String> settings) {

    static Asked of(List<String> arguments) {
      if (arguments.isEmpty() || arguments.getFirst().startsWith("-")) {
        return new Asked(new TreeSet<>(), false, arguments);
      }
      if (arguments.getFirst().equals("end")) {
        List<String> rest = new ArrayList<>(arguments.subList(1, arguments.size()));
        if (!rest.remove(ALL_OFF)) {
          throw new WrongUsageException(
              "voters end: two nodes may hold one address if a vip-manager still runs; stop all of"
                  + " them, then add "
                  + ALL_OFF);
        }
        return new Asked(new TreeSet<>(), true, rest);
      }
      if (!arguments.getFirst().equals("force")) {
        throw new WrongUsageException(
            "voters: unknown \""
                + arguments.getFirst()
                + "\": want nothing, force NODE,NODE or end");
      }
      if (arguments.size() < 2 || arguments.get(1).startsWith("-")) {
        throw new WrongUsageException("voters force: name the nodes that vote from now on");
      }
      SortedSet<String> nodes = new TreeSet<>(Arrays.asList(arguments.get(1).split(",", -1)));
      if (nodes.contains("")) {
        throw new WrongUsageException(
            "voters force: want node names with commas between, found \""
                + arguments.get(1)
                + "\"");
      }
      List<String> rest = new ArrayList<>(arguments.subList(2, arguments.size()));
      if (!rest.remove(CONFIRMATION)) {
        throw new WrongUsageException(
            "voters force: two nodes may hold one address if a voter that is not named still runs;"
                + " switch all of them off, then add "
                + CONFIRMATION);
      }
      return new Asked(nodes, false, rest);
    }
  }

  static String run(List<String> arguments, Map<String, String> environment, String hostName) {
    Asked asked = Asked.of(arguments);
    ManagerConfig config = ManagerConfig.read(asked.settings(), environment, hostName);
    try {
      SystemTimeline timeline = new SystemTimeline();
      OkHttpKubeApi api =
          ClusterModule.client(config, environment, timeline, new Metrics(), new ServerAddresses());
      return answer(asked, new ForcedVoters(api, config.leaseNamespace(), kept(config)));
    } catch (IOException
        | KubeApiException
        | ClientConfigException
        | IllegalStateException
        | IllegalArgumentException e) {
      throw new WrongUsageException("voters: " + e.getMessage());
    }
  }

  private static Optional<VoterRecord> kept(ManagerConfig config) throws IOException {
    Optional<Path> state = config.majority().flatMap(MajorityConfig::state);
    return state.isPresent() ? ForcedVoters.kept(state.get()) : Optional.empty();
  }

  static String answer(Asked asked, ForcedVoters voters) {
    if (asked.ends()) {
      return voters.end()
          ? "vip-managers may be started with vip_right=leases\n"
          : "the right by Leases is not closed\n";
    }
    if (!asked.forced().isEmpty()) {
      return "forced: " + line(voters.force(asked.forced()));
    }
    return voters.present().map(VotersCommand::line).orElse("no record of voters\n");
  }

  private static String line(VoterRecord record) {
    return "version "
        + record.version()
        + ", voters "
        + String.join(",", record.voters())
        + (record.witness() ? " and the witness" : "")
        + ", lease "
        + record.lease().toMillis()
        + " ms, at most "
        + record.longestLease().toMillis()
        + " ms\n";
  }
}
