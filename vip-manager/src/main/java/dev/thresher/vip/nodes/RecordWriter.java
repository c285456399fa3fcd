package dev.thresher.vip.nodes;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.net.NetTypes;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.linux.NodeNetwork;
import io.prometheus.metrics.core.metrics.Counter;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one writer of this node's `NodeNetwork`. It reads the object only when it has reason to
/// doubt that it says what was written last.
///
/// Confined to one thread but for [#doubts].
final class RecordWriter {

  private static final Logger LOG = LoggerFactory.getLogger(RecordWriter.class);

  private final ObjectKey key;
  private final KubeApi api;
  private final NodeNetwork network;
  private final LocalSettings settings;
  private final Timeline timeline;
  private final Counter writes;
  private volatile boolean doubted = true;
  private volatile String written = "";
  private JsonObject last = new JsonObject();

  RecordWriter(
      String node,
      KubeApi api,
      NodeNetwork network,
      LocalSettings settings,
      Timeline timeline,
      Metrics metrics) {
    this.key = ObjectKey.cluster(node);
    this.api = api;
    this.network = network;
    this.settings = settings;
    this.timeline = timeline;
    this.writes =
        metrics.counter(
            "thresher_vip_node_network_writes_total",
            "Writes of this node's NodeNetwork, by what became of them.",
            "result");
  }

  /// Looks at the record as it was heard of.
  ///
  /// @param gone it was deleted
  /// @return whether it may be other than written, so that the next write reads it
  boolean doubts(dev.thresher.api.net.NodeNetwork heard, boolean gone) {
    boolean other = gone || !written.equals(heard.getMetadata().getResourceVersion());
    doubted |= other;
    return other;
  }

  /// To be told that [#write] threw.
  void failed() {
    writes.labelValues("failed").inc();
    doubted = true;
  }

  /// Writes what has changed; afterwards the record says what is so, unless its Node is gone.
  void write() {
    boolean doubtful = doubted;
    doubted = false;
    JsonObject next = status(last);
    if (!doubtful && next.equals(last)) {
      return;
    }
    if (doubtful) {
      Optional<JsonObject> found = api.getJson(NetTypes.NODE_NETWORK, key);
      if (found.isEmpty() && !create()) {
        return;
      }
      JsonObject seen = found.map(RecordDocument::status).orElseGet(JsonObject::new);
      next = status(last.isEmpty() ? seen : last);
      if (found.isPresent() && RecordDocument.says(seen, next)) {
        last = next;
        return;
      }
    }
    Optional<dev.thresher.api.net.NodeNetwork> after =
        api.patch(NetTypes.NODE_NETWORK, key, RecordDocument.patch(next));
    if (after.isEmpty()) {
      // Deleted just now: it is made again, or not, when that is heard.
      doubted = true;
      return;
    }
    written = Optional.ofNullable(after.get().getMetadata().getResourceVersion()).orElse("");
    last = next;
    writes.labelValues("written").inc();
  }

  private JsonObject status(JsonObject before) {
    return RecordStatus.of(
        network.current(),
        settings.current(),
        before,
        timeline.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  /// @return false if there is no Node to which the record would belong
  private boolean create() {
    Optional<String> uid = api.get(CoreTypes.NODE, key).map(node -> node.getMetadata().getUid());
    if (uid.isEmpty()) {
      LOG.atInfo().addKeyValue("node", key.name()).log("no record of a node that does not exist");
      doubted = true;
      return false;
    }
    try {
      api.createJson(NetTypes.NODE_NETWORK, "", RecordDocument.create(key.name(), uid.get()));
    } catch (KubeApiException e) {
      if (!e.is(Reason.ALREADY_EXISTS)) {
        throw e;
      }
    }
    return true;
  }
}
