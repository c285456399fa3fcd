package dev.thresher.e2e.cloud;

import dev.thresher.e2e.lab.HttpAgent;
import dev.thresher.e2e.lab.Machine;
import java.time.Duration;
import java.util.NavigableMap;
import java.util.OptionalDouble;
import java.util.TreeMap;

/// The health port of a program, asked from the machine it runs on.
public final class OpsPort {

  private final HttpAgent http;
  private final String root;

  private OpsPort(HttpAgent http, String root) {
    this.http = http;
    this.root = root;
  }

  public static OpsPort loadBalancerController(Cloud cloud, String replica) {
    return new OpsPort(
        cloud.lab().http(cloud.host()), "https://127.0.0.1:" + (10270 + Integer.parseInt(replica)));
  }

  public static OpsPort ccm(Cloud cloud, String replica) {
    return new OpsPort(
        cloud.lab().http(cloud.guest()),
        "https://127.0.0.1:" + (10258 + 10 * Integer.parseInt(replica)));
  }

  public static OpsPort vipManager(Cloud cloud, Machine machine) {
    return new OpsPort(cloud.lab().http(machine), "http://127.0.0.1:2112");
  }

  /// That of a program by the name it was started under.
  public static OpsPort of(Cloud cloud, String program) {
    String replica = program.substring(program.lastIndexOf('-') + 1);
    if (program.startsWith("ccm-")) {
      return ccm(cloud, replica);
    }
    if (program.startsWith("loadbalancer-controller-")) {
      return loadBalancerController(cloud, replica);
    }
    return cloud.holders().stream()
        .filter(machine -> Cloud.vipManager(machine).equals(program))
        .map(machine -> vipManager(cloud, machine))
        .findFirst()
        .orElseThrow();
  }

  /// The value of a metric without labels; empty while there is none.
  public OptionalDouble metric(String name) {
    return String.valueOf(http.get(root + "/metrics", Duration.ofMillis(500)).body())
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst();
  }

  /// How many observations of a histogram without labels were at most so large, by that bound;
  /// empty while there is none.
  public NavigableMap<Double, Double> histogram(String name) {
    String begin = name + "_bucket{le=\"";
    var counts = new TreeMap<Double, Double>();
    String.valueOf(http.get(root + "/metrics", Duration.ofMillis(500)).body())
        .lines()
        .filter(line -> line.startsWith(begin))
        .forEach(line -> {
          String bound = line.substring(begin.length(), line.indexOf('"', begin.length()));
          counts.put(
              bound.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound),
              Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)));
        });
    return counts;
  }

  /// Whether `/readyz` says so; false as well while nobody listens.
  public boolean ready() {
    return http.get(root + "/readyz", Duration.ofMillis(500)).status() == 200;
  }
}
