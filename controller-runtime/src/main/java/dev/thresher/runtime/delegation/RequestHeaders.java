package dev.thresher.runtime.delegation;

import dev.thresher.runtime.serving.Visit;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// A proxy in front, which has authenticated the user and says so in headers. Believed only if the
/// proxy shows a certificate of an authority that is for proxies alone.
///
/// @param authorities for proxies
/// @param allowedNames common names of proxies, empty for any
/// @param usernameHeaders the first that has a value counts
/// @param groupHeaders all values count
/// @param extraPrefixes of headers with further facts
record RequestHeaders(
    Authorities authorities,
    List<String> allowedNames,
    List<String> usernameHeaders,
    List<String> uidHeaders,
    List<String> groupHeaders,
    List<String> extraPrefixes) {

  RequestHeaders {
    allowedNames = List.copyOf(allowedNames);
    usernameHeaders = List.copyOf(usernameHeaders);
    uidHeaders = List.copyOf(uidHeaders);
    groupHeaders = List.copyOf(groupHeaders);
    extraPrefixes = List.copyOf(extraPrefixes);
  }

  Identity identify(Visit visit, Instant now) {
    Optional<String> name = first(visit, usernameHeaders);
    if (authorities.isEmpty() || visit.certificates().isEmpty() || name.isEmpty()) {
      return new Identity.Nothing();
    }
    Optional<String> objection = authorities.objection(visit.certificates(), now);
    if (objection.isPresent()) {
      return new Identity.Refused(objection.get());
    }
    String proxy = Subject.of(visit.certificates().getFirst()).map(Subject::commonName).orElse("");
    if (!allowedNames.isEmpty() && !allowedNames.contains(proxy)) {
      return new Identity.Refused(
          "the proxy \"" + proxy + "\" is not one of the allowed names of request headers");
    }
    List<String> groups =
        groupHeaders.stream().flatMap(header -> visit.header(header).stream()).toList();
    return new Identity.Known(
        new User(name.get(), first(visit, uidHeaders).orElse(""), groups, extra(visit)));
  }

  private static Optional<String> first(Visit visit, List<String> headers) {
    return headers.stream().flatMap(header -> visit.firstHeader(header).stream()).findFirst();
  }

  private Map<String, List<String>> extra(Visit visit) {
    Map<String, List<String>> extra = new LinkedHashMap<>();
    for (String prefix : extraPrefixes) {
      String lower = prefix.toLowerCase(Locale.ROOT);
      visit
          .headers()
          .forEach((header, values) -> {
            if (header.startsWith(lower)) {
              extra.put(unescaped(header.substring(lower.length())), values);
            }
          });
    }
    return extra;
  }

  /// Keys are escaped with percent signs, since they may hold what a header's name may not.
  private static String unescaped(String key) {
    try {
      return URLDecoder.decode(key.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return key;
    }
  }
}
