package dev.thresher.runtime.delegation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Somebody, as Kubernetes knows them.
///
/// @param uid empty if there is none
/// @param extra further facts of the authenticator, by key in lower case
record User(String name, String uid, List<String> groups, Map<String, List<String>> extra) {

  static final String AUTHENTICATED = "system:authenticated";

  /// May do everything, without a question.
  static final String MASTERS = "system:masters";

  /// Who shows nothing.
  static final User ANONYMOUS =
      new User("system:anonymous", "", List.of("system:unauthenticated"), Map.of());

  User {
    groups = List.copyOf(groups);
    extra = Map.copyOf(extra);
  }

  /// The same in the group of all who have shown who they are.
  User authenticated() {
    if (groups.contains(AUTHENTICATED)) {
      return this;
    }
    var more = new ArrayList<>(groups);
    more.add(AUTHENTICATED);
    return new User(name, uid, more, extra);
  }

  boolean isMaster() {
    return groups.contains(MASTERS);
  }
}
