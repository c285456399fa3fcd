package dev.thresher.ccm.harvester.nodes;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.KubeVirtNames;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What guests call themselves, as their agents said when they were asked.
///
/// An answer belongs to one run, by UID. It serves only to give a Node its provider ID, so nothing
/// is lost with it at a restart. Thread-safe.
public final class GuestHostnames {

  private static final Logger log = LoggerFactory.getLogger(GuestHostnames.class);

  /// A guest that has just booted may still get its name.
  private static final Duration FRESH = Duration.ofMinutes(1);

  /// Failures that concern the one guest and no other.
  private static final Set<Reason> OF_THE_GUEST =
      Set.of(
          Reason.NOT_FOUND, Reason.CONFLICT, Reason.INVALID, Reason.FORBIDDEN, Reason.SERVER_ERROR);

  /// @param connected whether the agent was there when it was asked
  private record Answer(String hostname, boolean connected, long askedAt) {}

  private final KubeApi host;
  private final Timeline timeline;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();

  public GuestHostnames(KubeApi host, Timeline timeline) {
    this.host = host;
    this.timeline = timeline;
  }

  /// UIDs of the runs whose guest has this name, in lower case.
  List<String> runsOf(String hostname) {
    return answers.entrySet().stream()
        .filter(answer -> answer.getValue().hostname().equals(hostname))
        .map(Map.Entry::getKey)
        .toList();
  }

  /// Whether asking this run now may bring what asking it before did not.
  static boolean mayTellAnother(Change<VirtualMachineInstance> change) {
    return switch (change) {
      case Change.Added<VirtualMachineInstance> _ -> true;
      case Change.Updated<VirtualMachineInstance>(var before, var now) ->
          isConnected(now) && !isConnected(before);
      case Change.Deleted<VirtualMachineInstance> _ -> false;
    };
  }

  /// Asks the agents of these runs, one after the other, unless they were asked a short time ago
  /// and have not connected since. What other runs answered is forgotten.
  ///
  /// @throws KubeApiException if the host does not answer at all
  void ask(Collection<VirtualMachineInstance> runs) {
    answers.keySet().retainAll(runs.stream().map(GuestHostnames::uid).collect(Collectors.toSet()));
    for (VirtualMachineInstance run : runs) {
      Answer known = answers.get(uid(run));
      boolean connected = isConnected(run);
      if (known == null
          || (connected && !known.connected())
          || timeline.nanoTime() - known.askedAt() > FRESH.toNanos()) {
        answers.put(uid(run), new Answer(hostname(run), connected, timeline.nanoTime()));
      }
    }
  }

  private static boolean isConnected(VirtualMachineInstance run) {
    var status = run.getStatus();
    var conditions = status == null ? null : status.getConditions();
    return conditions != null
        && conditions.stream()
            .anyMatch(condition ->
                KubeVirtNames.CONDITION_AGENT_CONNECTED.equals(condition.getType())
                    && "True".equals(condition.getStatus()));
  }

  private String hostname(VirtualMachineInstance run) {
    String path = path(run);
    try {
      return host.request("GET", path, Optional.empty())
          .map(GuestHostnames::hostname)
          .orElse("")
          .toLowerCase(Locale.ROOT);
    } catch (KubeApiException e) {
      if (!OF_THE_GUEST.contains(e.reason())) {
        throw e;
      }
      log.atInfo()
          .addKeyValue("machine", run.getMetadata().getName())
          .addKeyValue("error", e.getMessage())
          .log("guest agent does not tell the host name");
      return "";
    }
  }

  private static String hostname(JsonObject answer) {
    return answer.get("hostname") instanceof JsonPrimitive text ? text.getAsString() : "";
  }

  private static String path(VirtualMachineInstance run) {
    return "/apis/"
        + KubeVirtNames.SUBRESOURCES_GROUP
        + "/"
        + KubeVirtNames.VERSION
        + "/namespaces/"
        + run.getMetadata().getNamespace()
        + "/"
        + KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE.plural()
        + "/"
        + run.getMetadata().getName()
        + "/"
        + KubeVirtNames.GUEST_OS_INFO;
  }

  private static String uid(VirtualMachineInstance run) {
    return Objects.requireNonNullElse(run.getMetadata().getUid(), "");
  }
}
