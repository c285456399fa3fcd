package dev.thresher.ccm.duties;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How controllers move from one controller manager to another without a moment in which two or
/// none of them work (KEP 2436): what moves is done under a second lease that both programs know,
/// and only by the program that the list names.
///
/// @param leaseName the second lease, in the namespace of the first
/// @param leaders who does what; a controller that is not in the list does not move
public record LeaderMigration(String leaseName, List<Leader> leaders) {

  /// What this program is called in such lists.
  public static final String COMPONENT = "cloud-controller-manager";

  /// Upstream's, for a program that is given no file.
  public static final LeaderMigration DEFAULT =
      new LeaderMigration(
          "cloud-provider-extraction-migration",
          List.of(
              new Leader("route-controller", Leader.ANY),
              new Leader("service-controller", Leader.ANY),
              new Leader("cloud-node-lifecycle-controller", Leader.ANY)));

  /// One row of the list.
  ///
  /// @param controller by any of the names it has or had
  /// @param component the program that runs it, or [#ANY]
  public record Leader(String controller, String component) {
    static final String ANY = "*";

    /// Empty for a controller of another program.
    ///
    /// Upstream's own default list has names that its cloud controller manager gave up in 1.28;
    /// they count here.
    Optional<Duty> duty() {
      return switch (controller) {
        case "service-controller" -> Optional.of(Duty.SERVICE);
        case "route-controller" -> Optional.of(Duty.ROUTE);
        default -> Duty.of(controller);
      };
    }

    private boolean isOurs() {
      return component.equals(ANY) || component.equals(COMPONENT);
    }
  }

  /// Under which lease a duty is done here.
  public enum Term {
    /// That of the leader election.
    MAIN,
    /// The second one.
    MIGRATION,
    /// None: another program does it.
    ELSEWHERE
  }

  /// @throws IllegalArgumentException if two rows are about one controller and do not agree
  public LeaderMigration {
    leaders = List.copyOf(leaders);
    Map<Duty, Leader> seen = new EnumMap<>(Duty.class);
    for (Leader leader : leaders) {
      leader
          .duty()
          .map(duty -> seen.putIfAbsent(duty, leader))
          .filter(before -> before.isOurs() != leader.isOurs())
          .ifPresent(before -> {
            throw new IllegalArgumentException(
                "controllerLeaders gives \""
                    + leader.controller()
                    + "\" to \""
                    + leader.component()
                    + "\" and, as \""
                    + before.controller()
                    + "\", to \""
                    + before.component()
                    + "\"; leave one of the two out");
          });
    }
  }

  public Term term(Duty duty) {
    return leaders.stream()
        .filter(leader -> leader.duty().filter(duty::equals).isPresent())
        .findFirst()
        .map(leader -> leader.isOurs() ? Term.MIGRATION : Term.ELSEWHERE)
        .orElse(Term.MAIN);
  }

  /// Rows that want this program to run what it does not have: most likely a typing error.
  public List<String> unknown() {
    List<String> unknown = new ArrayList<>();
    for (Leader leader : leaders) {
      if (leader.component().equals(COMPONENT) && leader.duty().isEmpty()) {
        unknown.add(leader.controller());
      }
    }
    return unknown;
  }
}
