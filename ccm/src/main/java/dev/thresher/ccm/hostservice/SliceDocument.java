package dev.thresher.ccm.hostservice;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.ccm.hostservice.BackEnd.State;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1OwnerReference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// One EndpointSlice behind a host Service: what it must say, and what of an existing one is wrong.
///
/// It is owned by the host Service, so that the host's own garbage collection takes it when this
/// program does not come to it.
///
/// @param request what the guest Service asks for
/// @param namespace of the host Service
/// @param service name of the host Service
/// @param serviceUid its UID
record SliceDocument(
    HostServiceRequest request, String namespace, String service, String serviceUid) {

  /// @param number 0 for the first of the family
  String name(IpFamily family, int number) {
    String first = service + "-" + family.text().toLowerCase(Locale.ROOT);
    return number == 0 ? first : first + "-" + number;
  }

  JsonObject create(String name, IpFamily family, List<BackEnd> backEnds) {
    JsonObject metadata = new JsonObject();
    metadata.addProperty("namespace", namespace);
    metadata.addProperty("name", name);
    JsonObject labels = new JsonObject();
    labels().forEach(labels::addProperty);
    metadata.add("labels", labels);
    metadata.add("ownerReferences", owners());
    JsonObject document = new JsonObject();
    document.addProperty("apiVersion", "discovery.k8s.io/v1");
    document.addProperty("kind", "EndpointSlice");
    document.add("metadata", metadata);
    document.addProperty("addressType", family.text());
    document.add("ports", ports());
    document.add("endpoints", endpoints(family, backEnds));
    return document;
  }

  /// Endpoints are replaced in one write, so that a machine's new address and host node take the
  /// place of the old ones without an empty moment.
  Optional<Patch> repair(V1EndpointSlice seen, IpFamily family, List<BackEnd> backEnds) {
    JsonObject document = new JsonObject();
    V1EndpointSlice wanted =
        LenientJson.gson()
            .fromJson(
                create(seen.getMetadata().getName(), family, backEnds), V1EndpointSlice.class);
    if (!Objects.equals(
        wanted.getPorts(), Objects.requireNonNullElse(seen.getPorts(), List.of()))) {
      document.add("ports", ports());
    }
    if (!Objects.equals(
        wanted.getEndpoints(), Objects.requireNonNullElse(seen.getEndpoints(), List.of()))) {
      document.add("endpoints", endpoints(family, backEnds));
    }
    JsonObject metadata = new JsonObject();
    JsonObject labels = new JsonObject();
    Map<String, String> seenLabels =
        Objects.requireNonNullElse(seen.getMetadata().getLabels(), Map.of());
    labels()
        .forEach((key, value) -> {
          if (!value.equals(seenLabels.get(key))) {
            labels.addProperty(key, value);
          }
        });
    if (!labels.isEmpty()) {
      metadata.add("labels", labels);
    }
    if (!isOwned(seen)) {
      metadata.add("ownerReferences", owners());
    }
    if (document.isEmpty() && metadata.isEmpty()) {
      return Optional.empty();
    }
    metadata.addProperty("resourceVersion", seen.getMetadata().getResourceVersion());
    document.add("metadata", metadata);
    return Optional.of(new Patch.Merge(document, ""));
  }

  private boolean isOwned(V1EndpointSlice seen) {
    List<V1OwnerReference> owners = seen.getMetadata().getOwnerReferences();
    return owners != null && owners.stream().anyMatch(owner -> serviceUid.equals(owner.getUid()));
  }

  private Map<String, String> labels() {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put(KubernetesNames.LABEL_SERVICE_NAME, service);
    labels.put(KubernetesNames.LABEL_MANAGED_BY, ThresherNames.CCM_ENDPOINT_SLICE_MANAGER);
    labels.put(KubeVirtCloudNames.TENANT_SERVICE_NAME, request.name());
    labels.put(KubeVirtCloudNames.TENANT_SERVICE_NAMESPACE, request.namespace());
    labels.put(KubeVirtCloudNames.CLUSTER_NAME, KubeVirtCloudNames.labelValue(request.cluster()));
    return labels;
  }

  private JsonArray owners() {
    JsonObject owner = new JsonObject();
    owner.addProperty("apiVersion", "v1");
    owner.addProperty("kind", "Service");
    owner.addProperty("name", service);
    owner.addProperty("uid", serviceUid);
    JsonArray owners = new JsonArray();
    owners.add(owner);
    return owners;
  }

  private JsonArray ports() {
    JsonArray ports = new JsonArray();
    for (HostServiceRequest.Port port : request.ports()) {
      JsonObject entry = new JsonObject();
      entry.addProperty("name", port.name());
      entry.addProperty("protocol", port.protocol());
      entry.addProperty("port", port.nodePort());
      if (!port.appProtocol().isEmpty()) {
        entry.addProperty("appProtocol", port.appProtocol());
      }
      ports.add(entry);
    }
    return ports;
  }

  private JsonArray endpoints(IpFamily family, List<BackEnd> backEnds) {
    JsonArray endpoints = new JsonArray();
    for (BackEnd backEnd : backEnds) {
      backEnd
          .address(family)
          .ifPresent(address -> endpoints.add(endpoint(address.toString(), backEnd)));
    }
    return endpoints;
  }

  private JsonObject endpoint(String address, BackEnd backEnd) {
    JsonArray addresses = new JsonArray();
    addresses.add(address);
    JsonObject conditions = new JsonObject();
    conditions.addProperty("ready", backEnd.state() == State.READY);
    conditions.addProperty("serving", backEnd.state() != State.NOT_READY);
    conditions.addProperty("terminating", backEnd.state() == State.DRAINING);
    JsonObject target = new JsonObject();
    target.addProperty("apiVersion", KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE.apiVersion());
    target.addProperty("kind", KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE.kind());
    target.addProperty("namespace", namespace);
    target.addProperty("name", backEnd.name());
    target.addProperty("uid", backEnd.uid());
    JsonObject endpoint = new JsonObject();
    endpoint.add("addresses", addresses);
    endpoint.add("conditions", conditions);
    endpoint.add("targetRef", target);
    if (!backEnd.hostNode().isEmpty()) {
      endpoint.addProperty("nodeName", backEnd.hostNode());
    }
    return endpoint;
  }
}
