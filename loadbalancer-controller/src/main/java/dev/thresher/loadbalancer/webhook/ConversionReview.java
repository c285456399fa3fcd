package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import java.util.Set;

/// The conversion of objects: `apiextensions.k8s.io/v1` `ConversionReview`.
final class ConversionReview {

  private static final String GROUP = LoadBalancerTypes.GROUP + "/";
  private static final Set<String> VERSIONS =
      Set.of(GROUP + Conversion.OLD, GROUP + Conversion.NEW);

  private ConversionReview() {}

  /// @throws MalformedException if it is no such question
  static JsonObject answer(JsonObject document, Conversion.Surroundings surroundings) {
    JsonObject request = Envelope.CONVERSION.request(document);
    var response = new JsonObject();
    response.addProperty("uid", Json.text(request, "uid"));
    var result = new JsonObject();
    try {
      response.add("convertedObjects", converted(request, surroundings));
      result.addProperty("status", "Success");
    } catch (MalformedException e) {
      response.add("convertedObjects", new JsonArray());
      result.addProperty("status", "Failure");
      result.addProperty("message", e.getMessage());
    }
    response.add("result", result);
    return Envelope.CONVERSION.answer(response);
  }

  private static JsonArray converted(JsonObject request, Conversion.Surroundings surroundings) {
    String wanted = Json.text(request, "desiredAPIVersion");
    if (!VERSIONS.contains(wanted)) {
      throw new MalformedException(
          "request.desiredAPIVersion: want one of " + VERSIONS + ", got \"" + wanted + "\"");
    }
    var converted = new JsonArray();
    for (JsonElement element : Json.array(request, "objects").orElseGet(JsonArray::new)) {
      if (!(element instanceof JsonObject object)
          || !Json.text(object, "kind").equals(LoadBalancerTypes.LOAD_BALANCER.kind())
          || !VERSIONS.contains(Json.text(object, "apiVersion"))) {
        throw new MalformedException(
            "request.objects[" + converted.size() + "]: want a LoadBalancer of " + VERSIONS);
      }
      converted.add(Conversion.convert(object, wanted.substring(GROUP.length()), surroundings));
    }
    return converted;
  }
}
