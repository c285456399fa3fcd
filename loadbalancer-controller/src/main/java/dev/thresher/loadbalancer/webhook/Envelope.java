package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonObject;

/// What an API server's question and its answer come in.
enum Envelope {
  ADMISSION("an", "admission.k8s.io/v1", "AdmissionReview"),
  CONVERSION("a", "apiextensions.k8s.io/v1", "ConversionReview");

  private final String article;
  private final String apiVersion;
  private final String kind;

  Envelope(String article, String apiVersion, String kind) {
    this.article = article;
    this.apiVersion = apiVersion;
    this.kind = kind;
  }

  /// @throws MalformedException if the document is no such question
  JsonObject request(JsonObject document) {
    if (!Json.text(document, "apiVersion").equals(apiVersion)
        || !Json.text(document, "kind").equals(kind)) {
      throw new MalformedException(
          "want "
              + article
              + " "
              + kind
              + " of "
              + apiVersion
              + ", got kind \""
              + Json.text(document, "kind")
              + "\" of \""
              + Json.text(document, "apiVersion")
              + "\"");
    }
    return Json.object(document, "request");
  }

  JsonObject answer(JsonObject response) {
    var answer = new JsonObject();
    answer.addProperty("apiVersion", apiVersion);
    answer.addProperty("kind", kind);
    answer.add("response", response);
    return answer;
  }
}
