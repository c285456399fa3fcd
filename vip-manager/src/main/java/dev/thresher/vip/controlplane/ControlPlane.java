package dev.thresher.vip.controlplane;

import com.google.common.net.InetAddresses;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.controlplane.ServerHealth.Answer;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.services.ControlPlaneWish;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows the API server of this node and the addresses that DNS names stand for.
///
/// Each try runs on a virtual thread of its own, the next is planned when it ends: a server that
/// hangs has one connection open, not many.
public final class ControlPlane implements Component, ControlPlaneWish.View {

  private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);

  private static final Duration RESOLVE_AGAIN = Duration.ofSeconds(30);
  private static final Duration RESOLVE_SOON = Duration.ofSeconds(3);

  private final Supplier<String> authorityPem;
  private final Timeline timeline;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  private volatile Optional<ControlPlaneWish> wish = Optional.empty();
  private volatile ServerHealth health = ServerHealth.UNKNOWN;
  private volatile String lastWhy = "not asked yet";
  private volatile boolean stopped;

  private volatile Following following;

  /// What is followed. Another one in its place ends what is still looked up for it.
  ///
  /// @param names what each DNS name stands for, the resolving thread's own
  private record Following(
      ControlPlaneConfig config, ServerCheck check, Map<String, NamedAddresses> names) {

    Following(ControlPlaneConfig config, Supplier<String> authorityPem) {
      this(config, new ServerCheck(config.check(), authorityPem), new HashMap<>());
    }
  }

  // The checking thread's own.
  private List<String> missingNames = List.of();

  /// @param authorityPem see [ServerCheck]
  public ControlPlane(
      ControlPlaneConfig config,
      Supplier<String> authorityPem,
      Timeline timeline,
      Metrics metrics) {
    this.authorityPem = authorityPem;
    this.following = new Following(config, authorityPem);
    this.timeline = timeline;
    metrics.gauge(
        "thresher_vip_api_server_well",
        "1 while the API server of this node is well enough for the control plane's address.",
        () -> health.well() ? 1 : 0);
  }

  @Override
  public String name() {
    return "control plane";
  }

  @Override
  public void start() {
    Following first = following;
    begin("resolve", () -> resolve(first));
    begin("check", this::ask);
  }

  @Override
  public void stop() {
    stopped = true;
  }

  /// Follows other addresses, or asks the server in another way, from now on. What is held is let
  /// go only once the new addresses are known. Any thread.
  public void become(ControlPlaneConfig config) {
    Following next = new Following(config, authorityPem);
    following = next;
    begin("resolve", () -> resolve(next));
  }

  @Override
  public Optional<ControlPlaneWish> wish() {
    return wish;
  }

  @Override
  public boolean well() {
    return health.well();
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /// Whether an address is one of those that the node must have itself.
  public boolean owns(InetAddress address) {
    return wish.map(found -> found.addresses().addresses().contains(address)).orElse(false);
  }

  /// The first address or name that is configured.
  public String named() {
    return following.config().addresses().getFirst();
  }

  /// Why the API server of this node is not well; empty if it is.
  public Optional<String> problem() {
    return health.well() ? Optional.empty() : Optional.of(lastWhy);
  }

  private Collection<InetAddress> held() {
    return wish.map(found -> found.addresses().addresses()).orElse(List.of());
  }

  private void begin(String what, Runnable task) {
    if (!stopped) {
      Thread.ofVirtual().name("control-plane-" + what).start(task);
    }
  }

  private void ask() {
    Following now = following;
    ControlPlaneConfig config = now.config();
    ServerCheck.Result result = now.check().ask();
    ServerHealth before = health;
    ServerHealth after = before.after(result.answer(), config.check().threshold());
    lastWhy = config.check().url() + ": " + why(result.answer());
    health = after;
    if (before.well() != after.well()) {
      LOG.atInfo()
          .addKeyValue("well", after.well())
          .addKeyValue("server", config.check().url())
          .addKeyValue("answer", why(result.answer()))
          .log("the API server of this node changed");
      listeners.forEach(Runnable::run);
    }
    if (!before.well()
        && before.failures() < after.failures()
        && after.failures() == config.check().threshold()) {
      LOG.atWarn()
          .addKeyValue("server", config.check().url())
          .addKeyValue("answer", why(result.answer()))
          .log(
              "the API server of this node is not well, the control plane's address is left to others");
    }
    if (result.certificate() != null) {
      preflight(CertificateNames.missing(result.certificate(), config.addresses()));
    }
    timeline.after(
        after.pause(result.answer(), config.check().period()), () -> begin("check", this::ask));
  }

  private static String why(Answer answer) {
    return switch (answer) {
      case Answer.Well() -> "well";
      case Answer.Sick(var why) -> why;
      case Answer.Refused() -> "nobody listens there";
      case Answer.Failed(var why) -> why;
    };
  }

  private void preflight(List<String> missing) {
    if (!missing.isEmpty() && !missing.equals(missingNames)) {
      LOG.atWarn()
          .addKeyValue("missing", missing)
          .log(
              "the API server's certificate is not good for the control plane's address: clients"
                  + " will refuse it; add it to the certificate (kubeadm: apiServer.certSANs)");
    }
    missingNames = missing;
  }

  private void resolve(Following now) {
    ControlPlaneConfig config = now.config();
    List<InetAddress> found = new ArrayList<>();
    boolean names = false;
    boolean complete = true;
    for (String address : config.addresses()) {
      if (InetAddresses.isInetAddress(address)) {
        found.add(InetAddresses.forString(address));
        continue;
      }
      names = true;
      try {
        List<InetAddress> answer = Arrays.asList(InetAddress.getAllByName(address));
        List<InetAddress> chosen =
            now.names()
                .computeIfAbsent(address, name -> new NamedAddresses(held()))
                .answered(answer, config.families());
        if (chosen.isEmpty()) {
          complete = false;
          LOG.atWarn()
              .addKeyValue("name", address)
              .addKeyValue("answer", answer)
              .addKeyValue("families", config.families())
              .log(
                  "the control plane's name stands for no address that could be held, what it stood"
                      + " for stays");
        }
        found.addAll(chosen);
      } catch (UnknownHostException e) {
        complete = false;
        LOG.atWarn()
            .addKeyValue("name", address)
            .addKeyValue("error", String.valueOf(e.getMessage()))
            .log("the control plane's name cannot be resolved, what it stood for stays");
      }
    }
    if (!now.equals(following)) {
      return;
    }
    if (complete && !found.isEmpty()) {
      var next = Optional.of(new ControlPlaneWish(AddressGroup.of(found), config.interfaceName()));
      if (!next.equals(wish)) {
        LOG.atInfo().addKeyValue("addresses", found).log("the control plane's address");
        wish = next;
        listeners.forEach(Runnable::run);
      }
    }
    if (names) {
      timeline.after(
          complete ? RESOLVE_AGAIN : RESOLVE_SOON, () -> begin("resolve", () -> resolve(now)));
    }
  }
}
