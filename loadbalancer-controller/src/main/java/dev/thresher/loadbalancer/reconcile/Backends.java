package dev.thresher.loadbalancer.reconcile;

import static java.util.Objects.requireNonNullElse;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceStatus;
import dev.thresher.loadbalancer.health.Verdict;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The back ends of a load balancer, from the virtual machine instances of its namespace.
///
/// An instance that runs and has an address takes part. One that is being deleted while it still
/// runs finishes what it began, and gets nothing new. During a live migration the phase stays
/// `Running`; if the addresses vanish from the status meanwhile, those that were known stay.
final class Backends {

  private static final Comparator<Backend> ORDER =
      Comparator.comparing(Backend::name).thenComparing(Backend::uid);

  private Backends() {}

  /// One back end.
  ///
  /// @param name name of the virtual machine instance
  /// @param uid its UID
  /// @param node the host node that runs it, empty if it is not known
  /// @param addresses at most one of each family
  /// @param networks NetworkAttachmentDefinition, as `namespace/name`, at which it is reached, in
  ///   each family in which that is known and not the pod network
  /// @param state what can be said of the machine
  /// @param verdicts whether it answers, in each family in which that is checked
  /// @param checkers the host node whose agent checks it, in each family in which one does
  record Backend(
      String name,
      String uid,
      String node,
      Map<IpFamily, IpAddress> addresses,
      Map<IpFamily, String> networks,
      State state,
      Map<IpFamily, Verdict> verdicts,
      Map<IpFamily, String> checkers) {
    Backend {
      addresses = Map.copyOf(addresses);
      networks = Map.copyOf(networks);
      verdicts = Map.copyOf(verdicts);
      checkers = Map.copyOf(checkers);
    }

    /// One of which nobody has said anything yet.
    Backend(
        String name,
        String uid,
        String node,
        Map<IpFamily, IpAddress> addresses,
        Map<IpFamily, String> networks,
        State state) {
      this(name, uid, node, addresses, networks, state, Map.of(), Map.of());
    }

    /// The same with what is held of it.
    Backend judged(Map<IpFamily, Verdict> others, Map<IpFamily, String> from) {
      return new Backend(name, uid, node, addresses, networks, state, others, from);
    }

    /// Whether it answers, or is not asked.
    boolean isHealthy(IpFamily family) {
      return verdicts.getOrDefault(family, Verdict.UP).isUp();
    }

    /// Whether new clients may come to it.
    boolean takesPart(IpFamily family) {
      return state == State.READY && addresses.containsKey(family) && isHealthy(family);
    }

    Optional<IpAddress> address(IpFamily family) {
      return Optional.ofNullable(addresses.get(family));
    }
  }

  /// Whether a machine can take part, and if not, why.
  enum State {
    READY(""),
    TERMINATING("Terminating"),
    DRAINING("Draining"),
    NOT_RUNNING("NotRunning"),
    NO_ADDRESS("NoAddress"),
    NO_NETWORK("NoSuchNetwork"),
    NOT_NAMED("NotAmongBackendAddresses");

    private final String reason;

    State(String reason) {
      this.reason = reason;
    }

    /// One word for `status.backends[].reason`, empty when ready.
    String reason() {
      return reason;
    }

    /// Whether it gets nothing new and goes on with what it has.
    boolean leaves() {
      return this == TERMINATING || this == DRAINING;
    }

    /// Whether it can serve anybody.
    boolean serves() {
      return this == READY || leaves();
    }
  }

  /// @param instances of the load balancer's namespace
  /// @param known addresses that back ends had before, by UID of the instance
  /// @param virtual whether an address at a network, as [MachineCards#addresses] has it, is one
  ///   that moves between machines and so belongs to none
  /// @param drains whether a machine that does not match the selector still is a back end
  static List<Backend> of(
      Wish wish,
      Collection<VirtualMachineInstance> instances,
      Map<String, Map<IpFamily, IpAddress>> known,
      BiPredicate<String, IpAddress> virtual,
      Predicate<VirtualMachineInstance> drains) {
    List<Backend> machines =
        instances.stream()
            .filter(instance -> matches(wish, instance) || drains.test(instance))
            .map(instance -> backend(wish, instance, known, virtual))
            .toList();
    return Stream.concat(machines.stream(), named(wish, instances, machines))
        .sorted(ORDER)
        .toList();
  }

  /// Of these back ends those that have traffic, where they have it: for one of which it cannot be
  /// understood now where it is reached. Whether it runs counts as ever.
  ///
  /// @param known addresses by UID of the instance
  static List<Backend> among(List<Backend> backends, Map<String, Map<IpFamily, IpAddress>> known) {
    return backends.stream()
        .filter(backend -> known.containsKey(backend.uid()))
        .map(backend ->
            backend.state() == State.NOT_RUNNING
                ? backend
                : new Backend(
                    backend.name(),
                    backend.uid(),
                    backend.node(),
                    known.getOrDefault(backend.uid(), backend.addresses()),
                    backend.networks(),
                    backend.state().serves() ? backend.state() : State.READY))
        .toList();
  }

  /// The addresses that an old object names and no machine has. Whether somebody is there only a
  /// health check can tell.
  private static Stream<Backend> named(
      Wish wish, Collection<VirtualMachineInstance> instances, List<Backend> machines) {
    if (wish.namedBackends().isEmpty()) {
      return Stream.empty();
    }
    var taken = new HashSet<IpAddress>();
    machines.forEach(machine -> taken.addAll(machine.addresses().values()));
    instances.forEach(instance -> taken.addAll(new MachineCards("", instance).all()));
    return wish.namedBackends().stream()
        .filter(address -> !taken.contains(address))
        .map(address ->
            new Backend(
                address.toString(),
                address.toString(),
                "",
                Map.of(address.family(), address),
                Map.of(),
                State.READY));
  }

  /// Whether the instance's labels match `spec.backendServerSelector`: every key has one of its
  /// values. Without a selector every instance of the namespace is meant, as Harvester has it, but
  /// for guest clusters none, since their instances are always named.
  static boolean matches(Wish wish, VirtualMachineInstance instance) {
    if (wish.selector().isEmpty()) {
      return !wish.guestCluster();
    }
    Map<String, String> labels =
        requireNonNullElse(instance.getMetadata().getLabels(), Map.<String, String>of());
    return wish.selector().entrySet().stream()
        .allMatch(entry ->
            labels.containsKey(entry.getKey())
                && entry.getValue().contains(labels.get(entry.getKey())));
  }

  private static Backend backend(
      Wish wish,
      VirtualMachineInstance instance,
      Map<String, Map<IpFamily, IpAddress>> known,
      BiPredicate<String, IpAddress> virtual) {
    VirtualMachineInstanceStatus status =
        requireNonNullElse(instance.getStatus(), new VirtualMachineInstanceStatus());
    String uid = text(instance.getMetadata().getUid());
    boolean running = "Running".equals(status.getPhase());
    var cards = new MachineCards(wish.backendNetwork(), instance);
    Map<IpFamily, IpAddress> usable =
        running ? cards.addresses(virtual, wish.backendAddresses()) : Map.of();
    if (running && usable.isEmpty() && !cards.areMissing()) {
      usable = new HashMap<>(known.getOrDefault(uid, Map.of()));
      // One that another card has is not where traffic is to arrive now.
      usable
          .values()
          .removeIf(
              address -> cards.mayBeVirtual(address, virtual) || cards.all().contains(address));
    }
    Map<IpFamily, IpAddress> addresses = new HashMap<>(usable);
    addresses.values().removeIf(address -> !mayBeUsed(address, wish.backendAddresses()));
    State state;
    if (!running) {
      state = State.NOT_RUNNING;
    } else if (usable.isEmpty()) {
      state = cards.areMissing() ? State.NO_NETWORK : State.NO_ADDRESS;
    } else if (addresses.isEmpty()) {
      state = State.NOT_NAMED;
    } else if (!matches(wish, instance)) {
      state = State.DRAINING;
    } else {
      state =
          instance.getMetadata().getDeletionTimestamp() == null ? State.READY : State.TERMINATING;
    }
    return new Backend(
        instance.getMetadata().getName(),
        uid,
        text(status.getNodeName()),
        addresses,
        cards.networks(addresses),
        state);
  }

  /// Where back ends answer is said for a family or it is not. If it is, a machine's other
  /// addresses are no way to it: a guest's proxy may open node ports on one address of a node only,
  /// and a node that takes no part has none among them.
  private static boolean mayBeUsed(IpAddress address, Set<IpAddress> named) {
    return named.contains(address)
        || named.stream().noneMatch(other -> other.family() == address.family());
  }

  /// Whether any back end takes part in one of the families.
  static boolean anyReady(Collection<Backend> backends, Collection<IpFamily> families) {
    return backends.stream().anyMatch(backend -> families.stream().anyMatch(backend::takesPart));
  }

  /// The families in which machines can be reached.
  static Set<IpFamily> families(Collection<Backend> backends) {
    var families = new TreeSet<IpFamily>();
    backends.forEach(backend -> families.addAll(backend.addresses().keySet()));
    return families;
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
