package dev.thresher.e2e.demo;

import dev.thresher.e2e.cloud.Answers;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.Holder;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Claim;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.HttpAgent;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.Probe;
import dev.thresher.e2e.lab.Vm;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The story itself.
final class Demo {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration PACE = Duration.ofMillis(5);

  private final Cloud cloud;
  private final Lab lab;
  private final Story story;
  private final HostObjects host;

  Demo(Cloud cloud, Story story) {
    this.cloud = cloud;
    this.lab = cloud.lab();
    this.story = story;
    this.host = new HostObjects(lab.host());
  }

  void run() {
    startPrograms();
    Client client = lab.client("c1");
    HttpAgent http = lab.http(client);
    for (Vm vm : lab.vms(Cloud.GUEST)) {
      vm.pod("web-" + vm.name(), Map.of("app", "web"));
    }

    story.chapter(
        "A Service of type LoadBalancer in the guest (address held on the "
            + cloud.placement().word()
            + ")");
    long created = System.nanoTime();
    GuestService service =
        GuestService.create(
            lab.guest(Cloud.GUEST), "default", "web", List.of("IPv4", "IPv6"), Map.of());
    story.step("Service default/web created");
    var balancer =
        Await.value("a LoadBalancer on the host", PATIENCE, () -> host.loadBalancer(service));
    story.step(
        "host: LoadBalancer "
            + HostObjects.text(balancer, "metadata", "namespace")
            + "/"
            + HostObjects.name(balancer));
    Await.until("two claims on the host", PATIENCE, () -> host.claims().size() == 2);
    host.claims()
        .forEach(c ->
            story.step(
                "host: AddressClaim "
                    + HostObjects.name(c)
                    + " for "
                    + HostObjects.text(c, "spec", "address")));
    List<String> addresses =
        Await.value(
            "two addresses in the status of the Service",
            PATIENCE,
            () -> Optional.of(service.addresses()).filter(a -> a.size() == 2));
    story.figure("Service created → addresses in its status", since(created));
    for (String address : addresses) {
      story.step("guest: Service default/web has the address " + address);
    }
    for (String address : addresses) {
      Attempt answer =
          Await.value(
              "an HTTP answer from " + address,
              PATIENCE,
              () ->
                  Optional.of(http.get(GuestService.url(address), Duration.ofMillis(500)))
                      .filter(Attempt::ok));
      story.figure(
          "Service created → first HTTP answer, " + family(address),
          Duration.ofNanos(answer.endNanos() - created));
      story.step(
          "client: GET "
              + GuestService.url(address)
              + " says "
              + String.valueOf(answer.body()).strip());
    }

    takeover(service, client, addresses);

    story.chapter("The Service is deleted");
    long deleted = System.nanoTime();
    service.delete();
    Await.until("the Service to be gone", PATIENCE, () -> service.object().isEmpty());
    story.figure("Service deleted → gone", since(deleted));
    Await.until(
        "host objects to be gone: " + host.leftovers(), PATIENCE, () -> host.leftovers().isEmpty());
    story.check("nothing is left on the host", true, "0 objects, 0 addresses");
    for (String address : addresses) {
      Await.until(
          "silence at " + address,
          PATIENCE,
          () -> !http.get(GuestService.url(address), Duration.ofMillis(700)).ok());
      story.check("nobody answers at " + family(address) + " any more", true, "no answer");
    }

    story.chapter("The programs are stopped");
    Map<String, Integer> status = cloud.stopAll();
    story.check(
        "every program ends in order",
        status.values().stream().allMatch(s -> s == 0),
        status.toString());
    List<String> tables = Readiness.tablesOfOurs(cloud);
    story.check(
        "no nftables table of ours is left on a node",
        tables.isEmpty(),
        tables.isEmpty() ? "none" : tables.toString());
  }

  private void startPrograms() {
    story.chapter("The three programs");
    long start = System.nanoTime();
    cloud.startAll();
    story.step("started: " + String.join(", ", cloud.programs()));
    Readiness.awaitAll(cloud, PATIENCE);
    story.figure("all programs started → all ready, nodes initialised", since(start));
  }

  private void takeover(GuestService service, Client client, List<String> addresses) {
    String node =
        Await.value("a node that holds the addresses", PATIENCE, () -> Holder.of(cloud, service));
    story.chapter("The vip-manager that holds the addresses, on " + node + ", is killed (SIGKILL)");
    List<Watched> watched = addresses.stream().map(address -> Watched.of(client, address)).toList();
    long killed = System.nanoTime();
    cloud.process("vip-manager-" + node).kill();
    story.step("killed");
    for (Watched one : watched) {
      Claim next =
          one.neighbours.await(
              "another holder",
              PATIENCE,
              c -> c.asked() && c.timeNanos() - killed > 0 && !c.mac().equals(one.mac));
      story.figure(
          "holder killed → next answers for " + family(one.address),
          Duration.ofNanos(next.timeNanos() - killed));
    }
    String after =
        Await.value(
            "a new holder", PATIENCE, () -> Holder.of(cloud, service).filter(h -> !h.equals(node)));
    story.step("now held by " + after);
    for (Watched one : watched) {
      // The old node must stay silent from now on: look for a while, in questions, not in seconds.
      int seen = one.neighbours.lines().size();
      Await.until(
          "100 more answers for " + one.address,
          PATIENCE,
          () -> one.neighbours.lines().size() >= seen + 100);
      Duration twice = Answers.of(one.neighbours.lines()).doubleTime();
      story.check(
          "no two nodes answered for " + family(one.address), twice.isZero(), Story.millis(twice));
      story.figure(
          "longest HTTP silence, " + family(one.address), Probe.longestGap(one.user.lines()));
      one.close();
    }
    cloud.startAgain("vip-manager-" + node);
    story.step("vip-manager on " + node + " started again");
  }

  /// An address, asked for by ARP or NDP and by HTTP all the time.
  private record Watched(String address, String mac, Probe<Claim> neighbours, Probe<Attempt> user)
      implements AutoCloseable {

    static Watched of(Client client, String address) {
      Probe<Claim> neighbours = Probe.neighbour(client, client.interfaceName(), address, PACE);
      Probe<Attempt> user =
          Probe.http(client, GuestService.url(address), PACE, Duration.ofSeconds(1));
      String mac = neighbours.await("an answer", PATIENCE, Claim::asked).mac();
      user.await("an HTTP answer", PATIENCE, Attempt::ok);
      return new Watched(address, mac, neighbours, user);
    }

    @Override
    public void close() {
      neighbours.close();
      user.close();
    }
  }

  private static Duration since(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }

  private static String family(String address) {
    return address.indexOf(':') < 0 ? "IPv4" : "IPv6";
  }
}
