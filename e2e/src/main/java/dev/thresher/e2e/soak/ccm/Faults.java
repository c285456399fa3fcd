package dev.thresher.e2e.soak.ccm;

import dev.thresher.e2e.soak.ccm.Expected.Kept;
import dev.thresher.e2e.soak.ccm.Snapshot.Balancer;
import dev.thresher.e2e.soak.ccm.Snapshot.Node;
import dev.thresher.e2e.soak.ccm.Snapshot.Service;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// What is not as it is to be, one line each. Pure.
final class Faults {

  private static final String UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";
  private static final String SHUTDOWN = "node.cloudprovider.kubernetes.io/shutdown";

  private final Expected expected;
  private final Snapshot seen;
  private final List<String> faults = new ArrayList<>();

  private Faults(Expected expected, Snapshot seen) {
    this.expected = expected;
    this.seen = seen;
  }

  static List<String> of(Expected expected, Snapshot seen) {
    var faults = new Faults(expected, seen);
    faults.services();
    faults.host();
    faults.nodes();
    return List.copyOf(faults.faults);
  }

  private void services() {
    for (String name : new TreeSet<>(expected.services())) {
      Service service = seen.services().get(name);
      if (service == null) {
        faults.add("Service " + name + " is gone");
      } else {
        service(name, service);
      }
    }
    for (String name : new TreeSet<>(seen.services().keySet())) {
      if (!expected.services().contains(name)) {
        faults.add("Service " + name + " is still there");
      }
    }
  }

  private void service(String name, Service service) {
    if (service.told().size() != 1) {
      faults.add("Service " + name + " has not one address but " + service.told());
      return;
    }
    String address = service.told().getFirst();
    if (!service.ingress().equals(service.told())) {
      faults.add("Service " + name + " has " + address + " but its status " + service.ingress());
    }
    Kept kept = expected.kept().get(name);
    if (kept != null && !kept.address().equals(address)) {
      faults.add("Service " + name + " had " + kept.address() + " and has " + address);
    }
    List<Balancer> balancers =
        seen.balancers().stream().filter(b -> b.service().equals(name)).toList();
    if (balancers.size() != 1) {
      faults.add("Service " + name + " has " + balancers.size() + " LoadBalancers");
      return;
    }
    Balancer balancer = balancers.getFirst();
    if (!balancer.reserved().equals(address) || !balancer.address().equals(address)) {
      faults.add(
          "LoadBalancer "
              + balancer.name()
              + " has reserved \""
              + balancer.reserved()
              + "\" and says \""
              + balancer.address()
              + "\" for "
              + address);
    }
    if (kept != null && !kept.balancerUid().equals(balancer.uid())) {
      faults.add("LoadBalancer " + balancer.name() + " was made anew");
    }
  }

  private void host() {
    var addresses = new TreeSet<String>();
    for (String name : expected.services()) {
      Service service = seen.services().get(name);
      if (service == null) {
        continue;
      }
      for (String address : service.told()) {
        if (!addresses.add(address)) {
          faults.add("address " + address + " is that of several Services");
        }
      }
    }
    for (Balancer balancer : seen.balancers()) {
      if (!expected.services().contains(balancer.service())) {
        faults.add("LoadBalancer " + balancer.name() + " has no Service");
      }
    }
    compare("claim", addresses, seen.claims());
    compare("entry of a pool", addresses, seen.allocated());
  }

  private void compare(String what, Set<String> addresses, List<String> found) {
    var once = new HashSet<String>();
    for (String address : found) {
      if (!once.add(address)) {
        faults.add("second " + what + " for " + address);
      }
      if (!addresses.contains(address)) {
        faults.add(what + " for " + address + ", which no Service has");
      }
    }
    for (String address : addresses) {
      if (!once.contains(address)) {
        faults.add("no " + what + " for " + address);
      }
    }
  }

  private void nodes() {
    for (String name : new TreeSet<>(expected.nodes())) {
      Node node = seen.nodes().get(name);
      if (node == null) {
        faults.add("node " + name + " is lost");
        continue;
      }
      String wanted = "harvester://" + seen.machines().get(name);
      if (!node.providerId().equals(wanted)) {
        faults.add("node " + name + " is not " + wanted + " but \"" + node.providerId() + "\"");
      }
      if (node.taints().contains(UNINITIALIZED) || node.taints().contains(SHUTDOWN)) {
        faults.add("node " + name + " has taints " + new TreeSet<>(node.taints()));
      }
      if (expected.marked().contains(name) != node.taints().contains(Expected.MARK)) {
        faults.add("node " + name + " lost or got the taint " + Expected.MARK);
      }
    }
    for (String name : new TreeSet<>(seen.nodes().keySet())) {
      if (!expected.nodes().contains(name)) {
        faults.add("node " + name + " is still there");
      }
    }
  }
}
