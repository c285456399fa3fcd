package dev.thresher.runtime.delegation;

import java.util.List;

/// How clients show who they are. What a file or list here leaves open is looked up in the
/// ConfigMap `kube-system/extension-apiserver-authentication`, where the API server publishes what
/// it uses itself.
///
/// @param clientCaFile PEM file of authorities for clients, empty to look it up
/// @param requestHeaderCaFile the same for proxies in front, empty to look it up with all that
///   follows
/// @param allowedNames common names of proxies, empty for any
/// @param skipLookup look nothing up: certificates count only with the files
/// @param tolerateLookupFailure treat a lookup that fails as one that finds nothing; otherwise
///   clients with a certificate are turned away until it works
public record AuthenticationSettings(
    String clientCaFile,
    String requestHeaderCaFile,
    List<String> allowedNames,
    List<String> usernameHeaders,
    List<String> uidHeaders,
    List<String> groupHeaders,
    List<String> extraPrefixes,
    boolean skipLookup,
    boolean tolerateLookupFailure) {

  /// Upstream's: everything is looked up.
  public static final AuthenticationSettings DEFAULTS =
      new AuthenticationSettings(
          "",
          "",
          List.of(),
          List.of("x-remote-user"),
          List.of(),
          List.of("x-remote-group"),
          List.of("x-remote-extra-"),
          false,
          false);

  public AuthenticationSettings {
    allowedNames = List.copyOf(allowedNames);
    usernameHeaders = List.copyOf(usernameHeaders);
    uidHeaders = List.copyOf(uidHeaders);
    groupHeaders = List.copyOf(groupHeaders);
    extraPrefixes = List.copyOf(extraPrefixes);
  }

  boolean needsLookup() {
    return !skipLookup && (clientCaFile.isEmpty() || requestHeaderCaFile.isEmpty());
  }
}
