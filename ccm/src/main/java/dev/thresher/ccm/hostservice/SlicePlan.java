package dev.thresher.ccm.hostservice;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1Endpoint;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// What to do with the EndpointSlices of a host Service so that they lead to its back ends.
///
/// A back end stays in the slice it is in, so that one that comes or goes costs one write and not
/// one per slice. A family without back ends keeps one empty slice.
///
/// @param create documents
/// @param repair patches by slice
/// @param delete slices that are empty, of a family that is not wanted, or one too many
record SlicePlan(
    List<JsonObject> create, Map<ObjectKey, Patch> repair, List<V1EndpointSlice> delete) {

  /// Most endpoints of a slice, as Kubernetes' own controller has it.
  static final int MOST = 100;

  SlicePlan {
    create = List.copyOf(create);
    repair = Map.copyOf(repair);
    delete = List.copyOf(delete);
  }

  /// @param families of the host Service
  /// @param seen slices of ours, all of this Service
  static SlicePlan of(
      SliceDocument document,
      Collection<IpFamily> families,
      List<BackEnd> backEnds,
      Collection<V1EndpointSlice> seen) {
    List<JsonObject> create = new ArrayList<>();
    Map<ObjectKey, Patch> repair = new LinkedHashMap<>();
    List<V1EndpointSlice> delete = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    seen.forEach(slice -> names.add(slice.getMetadata().getName()));
    for (IpFamily family : IpFamily.values()) {
      List<V1EndpointSlice> present =
          seen.stream()
              .filter(slice -> family.text().equals(slice.getAddressType()))
              .filter(slice -> slice.getMetadata().getDeletionTimestamp() == null)
              .sorted(Comparator.comparing(slice -> slice.getMetadata().getName()))
              .toList();
      if (!families.contains(family)) {
        delete.addAll(present);
        continue;
      }
      List<List<BackEnd>> packed = pack(family, present, backEnds);
      for (int i = 0; i < packed.size(); i++) {
        if (i >= present.size()) {
          create.add(document.create(freeName(document, family, names), family, packed.get(i)));
        } else if (packed.get(i).isEmpty() && packed.stream().anyMatch(part -> !part.isEmpty())) {
          delete.add(present.get(i));
        } else {
          V1EndpointSlice slice = present.get(i);
          document
              .repair(slice, family, packed.get(i))
              .ifPresent(patch -> repair.put(ObjectKey.of(slice), patch));
        }
      }
    }
    return new SlicePlan(create, repair, delete);
  }

  boolean isEmpty() {
    return create.isEmpty() && repair.isEmpty() && delete.isEmpty();
  }

  /// Addresses that slices hold for each instance, by UID.
  static Map<String, Map<IpFamily, IpAddress>> known(Collection<V1EndpointSlice> slices) {
    Map<String, Map<IpFamily, IpAddress>> known = new HashMap<>();
    for (V1EndpointSlice slice : slices) {
      for (V1Endpoint endpoint : endpoints(slice)) {
        for (String text : endpoint.getAddresses()) {
          IpAddress.tryParse(text)
              .ifPresent(address ->
                  known
                      .computeIfAbsent(uid(endpoint), _ -> new EnumMap<>(IpFamily.class))
                      .putIfAbsent(address.family(), address));
        }
      }
    }
    known.remove("");
    return known;
  }

  /// The back ends of each present slice, in its order, then those of new ones; at least one.
  private static List<List<BackEnd>> pack(
      IpFamily family, List<V1EndpointSlice> present, List<BackEnd> backEnds) {
    Map<String, BackEnd> left = new LinkedHashMap<>();
    backEnds.stream()
        .filter(backEnd -> backEnd.address(family).isPresent())
        .forEach(backEnd -> left.put(backEnd.uid(), backEnd));
    List<List<BackEnd>> packed = new ArrayList<>();
    for (V1EndpointSlice slice : present) {
      List<BackEnd> stay = new ArrayList<>();
      for (V1Endpoint endpoint : endpoints(slice)) {
        if (stay.size() < MOST) {
          Optional.ofNullable(left.remove(uid(endpoint))).ifPresent(stay::add);
        }
      }
      packed.add(stay);
    }
    for (BackEnd backEnd : left.values()) {
      Optional<List<BackEnd>> room = packed.stream().filter(part -> part.size() < MOST).findFirst();
      if (room.isPresent()) {
        room.get().add(backEnd);
      } else {
        packed.add(new ArrayList<>(List.of(backEnd)));
      }
    }
    if (packed.isEmpty()) {
      packed.add(List.of());
    }
    return packed;
  }

  private static String freeName(SliceDocument document, IpFamily family, Set<String> names) {
    int number = 0;
    while (!names.add(document.name(family, number))) {
      number++;
    }
    return document.name(family, number);
  }

  private static List<V1Endpoint> endpoints(V1EndpointSlice slice) {
    return Objects.requireNonNullElse(slice.getEndpoints(), List.of());
  }

  private static String uid(V1Endpoint endpoint) {
    var target = endpoint.getTargetRef();
    return target == null ? "" : Objects.requireNonNullElse(target.getUid(), "");
  }
}
