package dev.thresher.loadbalancer.reconcile;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.rules.KubeVipPools;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.ListQuery;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes pools of the ConfigMap `kube-system/kubevip`, by which kube-vip's cloud provider gave
/// addresses on old hosts, once.
///
/// A ConfigMap that has been imported is marked with Harvester's own annotation, so that neither
/// controller does it again. What cannot be imported is said in an Event, the rest is imported, and
/// without the mark the next start tries again: pools that exist are left as they are.
public final class KubeVipImport implements Reconciler<ObjectKey> {

  /// Where the configuration is.
  public static final ObjectKey CONFIG_MAP = ObjectKey.of("kube-system", "kubevip");

  private static final String SERVICES = "kubevip-services";
  private static final Logger log = LoggerFactory.getLogger(KubeVipImport.class);

  private final KubeApi api;
  private final EventRecorder events;

  KubeVipImport(KubeApi api, EventRecorder events) {
    this.api = api;
    this.events = events;
  }

  @Override
  public Result reconcile(ObjectKey key) {
    List<V1ConfigMap> all =
        api.list(
                CoreTypes.CONFIG_MAP,
                ListQuery.all().withFields("metadata.name=" + CONFIG_MAP.name()))
            .items();
    Optional<V1ConfigMap> config =
        all.stream().filter(map -> ObjectKey.of(map).equals(CONFIG_MAP)).findFirst();
    if (config.isEmpty() || isDone(config.get())) {
      return Result.done();
    }
    var problems = new ArrayList<String>();
    var given = new ArrayList<KubeVipPools.Given>();
    all.forEach(map -> given.addAll(services(map, problems)));
    KubeVipPools.Import read = KubeVipPools.of(data(config.get()), given);
    problems.addAll(read.problems());
    for (IPPool pool : read.pools()) {
      create(config.get(), pool, problems);
    }
    if (problems.isEmpty()) {
      api.patch(
          CoreTypes.CONFIG_MAP,
          CONFIG_MAP,
          Patches.annotations(Map.of(HarvesterNames.AFTER_CONVERSION, Optional.of("true"))));
    } else {
      events.warning(
          config.get(),
          "PoolNotImported",
          String.join("; ", problems)
              + "; correct the entry, or make the IPPool by hand and set annotation "
              + HarvesterNames.AFTER_CONVERSION
              + "=true");
      log.atWarn()
          .addKeyValue("configMap", CONFIG_MAP)
          .addKeyValue("problems", problems)
          .log("not all of kube-vip's configuration could be imported");
    }
    return Result.done();
  }

  private void create(V1ConfigMap config, IPPool pool, List<String> problems) {
    String name = pool.getMetadata().getName();
    try {
      api.create(LoadBalancerTypes.IP_POOL, pool);
    } catch (KubeApiException e) {
      switch (e.reason()) {
        case ALREADY_EXISTS -> {
          return;
        }
        case INVALID, FORBIDDEN -> {
          problems.add("IPPool \"" + name + "\": " + e.getMessage());
          return;
        }
        default -> throw e;
      }
    }
    events.normal(
        config, "PoolImported", "IPPool \"" + name + "\" was made of kube-vip's configuration");
    log.atInfo().addKeyValue("pool", name).log("pool imported from kube-vip's configuration");
  }

  private static boolean isDone(V1ConfigMap config) {
    Map<String, String> annotations = config.getMetadata().getAnnotations();
    return annotations != null && "true".equals(annotations.get(HarvesterNames.AFTER_CONVERSION));
  }

  private static Map<String, String> data(V1ConfigMap config) {
    return config.getData() == null ? Map.of() : config.getData();
  }

  /// The addresses that kube-vip's cloud provider gave to Services of the namespace.
  private static List<KubeVipPools.Given> services(V1ConfigMap config, List<String> problems) {
    var given = new ArrayList<KubeVipPools.Given>();
    String namespace = config.getMetadata().getNamespace();
    String text = data(config).get(SERVICES);
    if (text == null || namespace == null) {
      return given;
    }
    JsonArray list = array(text).orElse(null);
    if (list == null) {
      problems.add(
          "ConfigMap "
              + ObjectKey.of(config)
              + ", key "
              + SERVICES
              + ": want JSON {\"services\": [{\"vip\": ADDRESS, \"serviceName\": NAME}]}, got "
              + text);
      return given;
    }
    for (JsonElement service : list) {
      Optional<String> address = text(service, "vip");
      Optional<String> name = text(service, "serviceName");
      if (address.isPresent() && name.isPresent()) {
        given.add(new KubeVipPools.Given(address.get(), namespace + "/" + name.get()));
      }
    }
    return given;
  }

  private static Optional<JsonArray> array(String text) {
    try {
      return JsonParser.parseString(text) instanceof JsonObject object
              && object.get("services") instanceof JsonArray services
          ? Optional.of(services)
          : Optional.empty();
    } catch (JsonParseException _) {
      return Optional.empty();
    }
  }

  private static Optional<String> text(JsonElement object, String field) {
    return object instanceof JsonObject fields && fields.get(field) instanceof JsonPrimitive value
        ? Optional.of(value.getAsString()).filter(text -> !text.isEmpty())
        : Optional.empty();
  }
}
