package dev.thresher.runtime.serving;

import com.google.common.base.Splitter;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The part of a URL behind the question mark.
public final class Query {

  private final Map<String, Set<String>> values = new HashMap<>();

  private Query() {}

  /// @throws IllegalArgumentException if it is not URL-encoded
  static Query parse(@Nullable String raw) {
    var query = new Query();
    if (raw != null) {
      for (String pair : Splitter.on('&').omitEmptyStrings().split(raw)) {
        int equals = pair.indexOf('=');
        String key = equals < 0 ? pair : pair.substring(0, equals);
        query
            .values
            .computeIfAbsent(decode(key), _ -> new LinkedHashSet<>())
            .add(equals < 0 ? "" : decode(pair.substring(equals + 1)));
      }
    }
    return query;
  }

  public boolean has(String key) {
    return values.containsKey(key);
  }

  public Set<String> values(String key) {
    return values.getOrDefault(key, Set.of());
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
