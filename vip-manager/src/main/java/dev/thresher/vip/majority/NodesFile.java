package dev.thresher.vip.majority;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.thresher.vip.election.LeaseText;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where the other nodes listen and which networks they have, as the API server said it last: with
/// it nodes find each other that start before any API server does. It says where to ask, never who
/// may hold anything. Thread-safe.
final class NodesFile {

  private static final Logger LOG = LoggerFactory.getLogger(NodesFile.class);
  private static final String MESH = "mesh";
  private static final String LINKS = "links";

  /// Which process runs there now, only the node itself can say.
  private static final String NO_PROCESS = "0";

  private final DurableFile file;
  private String written = "";
  private boolean failed;

  /// @param directory made if it is not there
  NodesFile(Path directory) throws IOException {
    this.file = DurableFile.in(directory, "nodes.json");
  }

  /// By name; none if there is no such file, or it is not one: then the API server's word is waited
  /// for.
  synchronized Map<String, NodeLease> read() {
    try {
      String text = file.read().orElse("{}");
      Map<String, NodeLease> nodes = parse(text);
      written = text;
      return nodes;
    } catch (IOException
        | IllegalArgumentException
        | IllegalStateException
        | JsonParseException e) {
      LOG.atWarn()
          .addKeyValue("file", file.path())
          .addKeyValue("error", String.valueOf(e.getMessage()))
          .log("the nodes of the time before the start are not known");
      return Map.of();
    }
  }

  /// Writes what differs from what is there. Blocks.
  synchronized void keep(Collection<NodeLease> nodes) {
    String text = text(nodes);
    if (text.equals(written)) {
      return;
    }
    try {
      file.write(text);
      written = text;
      failed = false;
    } catch (IOException e) {
      if (!failed) {
        failed = true;
        LOG.atWarn()
            .addKeyValue("file", file.path())
            .addKeyValue("error", String.valueOf(e.getMessage()))
            .log(
                "the other nodes are not written down: without any API server this node would not"
                    + " find those that changed; trying again when they change");
      }
    }
  }

  private static String text(Collection<NodeLease> nodes) {
    Map<String, JsonObject> byName = new TreeMap<>();
    for (NodeLease node : nodes) {
      JsonObject json = new JsonObject();
      json.addProperty(MESH, LeaseText.mesh(node.mesh()));
      // What changes by the hour is of no use after a restart.
      json.addProperty(LINKS, LeaseText.links(lasting(node.links())));
      byName.put(node.node(), json);
    }
    JsonObject all = new JsonObject();
    byName.forEach(all::add);
    return all.toString();
  }

  private static NodeLinks lasting(NodeLinks links) {
    return new NodeLinks(links.configured(), links.links()).withServes(links.serves());
  }

  private static Map<String, NodeLease> parse(String text) {
    Map<String, NodeLease> nodes = new HashMap<>();
    for (Map.Entry<String, JsonElement> entry :
        JsonParser.parseString(text).getAsJsonObject().entrySet()) {
      JsonObject json = entry.getValue().getAsJsonObject();
      if (!json.has(MESH) || !json.has(LINKS)) {
        throw new IllegalArgumentException("node " + entry.getKey() + " has no mesh or no links");
      }
      nodes.put(
          entry.getKey(),
          NodeLease.heard(
              entry.getKey(),
              NO_PROCESS,
              LeaseText.parseMesh(json.get(MESH).getAsString()),
              LeaseText.parseLinks(json.get(LINKS).getAsString())));
    }
    return nodes;
  }
}
