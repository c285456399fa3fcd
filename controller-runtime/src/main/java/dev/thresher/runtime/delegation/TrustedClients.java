package dev.thresher.runtime.delegation;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.thresher.runtime.client.ClientConfigException;
import dev.thresher.runtime.client.Pem;
import java.util.ArrayList;
import java.util.List;

/// Whose certificates count.
///
/// @param clients authorities whose certificates name a user
/// @param proxies who may name a user in headers
record TrustedClients(Authorities clients, RequestHeaders proxies) {

  /// What the API server publishes, read from the ConfigMap's data.
  ///
  /// @throws ClientConfigException if it cannot be read
  static TrustedClients published(JsonObject data, AuthenticationSettings settings) {
    return new TrustedClients(
        authorities(Reviews.text(data, "client-ca-file"), "client-ca-file"),
        new RequestHeaders(
            authorities(
                Reviews.text(data, "requestheader-client-ca-file"), "requestheader-client-ca-file"),
            list(data, "requestheader-allowed-names", List.of()),
            list(data, "requestheader-username-headers", settings.usernameHeaders()),
            list(data, "requestheader-uid-headers", settings.uidHeaders()),
            list(data, "requestheader-group-headers", settings.groupHeaders()),
            list(data, "requestheader-extra-headers-prefix", settings.extraPrefixes())));
  }

  /// @param pem empty for none
  static Authorities authorities(String pem, String what) {
    return pem.isBlank() ? Authorities.NONE : new Authorities(Pem.certificates(pem, what));
  }

  static RequestHeaders proxies(Authorities authorities, AuthenticationSettings settings) {
    return new RequestHeaders(
        authorities,
        settings.allowedNames(),
        settings.usernameHeaders(),
        settings.uidHeaders(),
        settings.groupHeaders(),
        settings.extraPrefixes());
  }

  private static List<String> list(JsonObject data, String key, List<String> absent) {
    String text = Reviews.text(data, key);
    if (text.isEmpty()) {
      return absent;
    }
    try {
      if (JsonParser.parseString(text) instanceof JsonArray array) {
        var values = new ArrayList<String>();
        for (JsonElement value : array) {
          values.add(value.getAsString());
        }
        return values;
      }
    } catch (JsonParseException | UnsupportedOperationException | IllegalStateException e) {
      throw new ClientConfigException(key + " is no JSON list of texts: " + text, e);
    }
    throw new ClientConfigException(key + " is no JSON list of texts: " + text);
  }
}
