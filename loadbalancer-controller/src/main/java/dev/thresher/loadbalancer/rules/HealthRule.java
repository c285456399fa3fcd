package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.Texts.annotation;
import static dev.thresher.loadbalancer.rules.Texts.fieldOfAnnotation;
import static dev.thresher.loadbalancer.rules.Texts.text;

import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.HealthCheck;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.health.Check;
import dev.thresher.loadbalancer.health.Probe;
import dev.thresher.loadbalancer.health.StatusRange;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/// How the back ends of a load balancer are checked, read from `spec.healthCheck` and the
/// annotation `thresher.dev/health-check-path`.
///
/// The annotation makes of a check without a type one over HTTP whose status must be 200: it is
/// what a guest's cloud provider can say through writers that do not know the type.
///
/// @param check how
/// @param allOpen what happens when nobody is healthy: all who run take part; else nobody does
/// @param fromNode who checks: the probe agent of a node; else this controller
public record HealthRule(Check check, boolean allOpen, boolean fromNode) {

  private static final String FIELD = "spec.healthCheck.";

  private static final int MOST_IN_A_ROW = 1000;

  /// A day: beyond that, a number of seconds is a mistake.
  private static final int LONGEST_SECONDS = 86_400;

  private static final Pattern PATH = Pattern.compile("/[!-~]*");
  private static final Pattern HOST = Pattern.compile("[0-9A-Za-z.:_\\[\\]-]*");
  private static final Pattern SERVER_NAME =
      Pattern.compile("([0-9A-Za-z]([0-9A-Za-z.-]*[0-9A-Za-z])?)?");

  /// The value is empty if there is no check, which is so without a port, or if it makes no sense.
  public static Reading<Optional<HealthRule>> of(LoadBalancer object) {
    HealthCheck said = Asked.spec(object).getHealthCheck();
    Optional<HealthCheckDefaults.Complete> complete = HealthCheckDefaults.complete(said);
    if (said == null || complete.isEmpty()) {
      return Reading.good(Optional.empty());
    }
    var violations = new ArrayList<Violation>();
    HealthCheckDefaults.Complete numbers = complete.get();
    within("port", numbers.port(), 65_535, violations);
    within("successThreshold", numbers.successThreshold(), MOST_IN_A_ROW, violations);
    within("failureThreshold", numbers.failureThreshold(), MOST_IN_A_ROW, violations);
    within("periodSeconds", numbers.periodSeconds(), LONGEST_SECONDS, violations);
    within("timeoutSeconds", numbers.timeoutSeconds(), LONGEST_SECONDS, violations);
    Probe probe = probe(said, annotation(object, ThresherNames.HEALTH_CHECK_PATH), violations);
    boolean allOpen = allOpen(said, violations);
    boolean fromNode = fromNode(said, violations);
    if (!violations.isEmpty()) {
      return new Reading<>(Optional.empty(), violations);
    }
    var check =
        new Check(
            probe,
            numbers.port(),
            numbers.successThreshold(),
            numbers.failureThreshold(),
            Duration.ofSeconds(numbers.periodSeconds()),
            Duration.ofSeconds(numbers.timeoutSeconds()));
    return Reading.good(Optional.of(new HealthRule(check, allOpen, fromNode)));
  }

  /// Whether a back end counts as healthy until it has failed.
  public boolean trusts() {
    return check.probe() instanceof Probe.Reach;
  }

  /// Tells one check from another, by what the object says: eight hexadecimal digits. Two programs
  /// must agree on it, which may be of different versions.
  public static String digest(LoadBalancer object) {
    HealthCheck said = Asked.spec(object).getHealthCheck();
    var crc = new CRC32();
    crc.update(
        (LenientJson.gson().toJson(said) + annotation(object, ThresherNames.HEALTH_CHECK_PATH))
            .getBytes(StandardCharsets.UTF_8));
    return String.format("%08x", crc.getValue());
  }

  private static boolean fromNode(HealthCheck said, List<Violation> violations) {
    return switch (text(said.getFrom())) {
      case "", "controller" -> false;
      case "node" -> true;
      default -> {
        violations.add(
            wrong("from", said.getFrom(), "controller or node", "leave it out for controller"));
        yield false;
      }
    };
  }

  private static boolean allOpen(HealthCheck said, List<Violation> violations) {
    return switch (text(said.getWhenAllDown())) {
      case "", "fail-closed" -> false;
      case "all-open" -> true;
      default -> {
        violations.add(
            wrong(
                "whenAllDown",
                said.getWhenAllDown(),
                "fail-closed or all-open",
                "leave it out for fail-closed"));
        yield false;
      }
    };
  }

  private static Probe probe(HealthCheck said, String annotated, List<Violation> violations) {
    String type = text(said.getType());
    return switch (type) {
      case "" -> annotated.isEmpty() ? new Probe.Tcp() : byAnnotation(annotated, violations);
      case "TCP" -> new Probe.Tcp();
      case "HTTP", "HTTPS" -> http(said, type.equals("HTTPS"), violations);
      case "GRPC", "GRPCS" ->
          new Probe.Grpc(
              type.equals("GRPCS"), text(said.getGrpcService()), serverName(said, violations));
      case "UDP" -> udp(said, violations);
      case "REACH" -> new Probe.Reach();
      default -> {
        violations.add(
            wrong(
                "type",
                type,
                "TCP, HTTP, HTTPS, GRPC, GRPCS, UDP or REACH",
                "leave it out for TCP"));
        yield new Probe.Tcp();
      }
    };
  }

  private static Probe byAnnotation(String path, List<Violation> violations) {
    if (!PATH.matcher(path).matches()) {
      violations.add(
          new Violation(
              fieldOfAnnotation(ThresherNames.HEALTH_CHECK_PATH),
              path,
              "a path that begins with / and has no spaces",
              "leave it out for a check over TCP"));
    }
    return new Probe.Http(false, path, "", "", List.of(new StatusRange(200, 200)));
  }

  private static Probe http(HealthCheck said, boolean tls, List<Violation> violations) {
    String path = text(said.getPath()).isEmpty() ? "/" : text(said.getPath());
    if (!PATH.matcher(path).matches()) {
      violations.add(
          wrong("path", path, "a path that begins with / and has no spaces", "leave it out for /"));
    }
    String host = text(said.getHost());
    if (!HOST.matcher(host).matches()) {
      violations.add(
          wrong(
              "host",
              host,
              "a host name or an address, with or without a port",
              "leave it out for the back end's address"));
    }
    var statuses = new ArrayList<StatusRange>();
    for (String text : said.getExpectedStatuses()) {
      Optional<StatusRange> range = StatusRange.tryParse(text);
      range.ifPresent(statuses::add);
      if (range.isEmpty()) {
        violations.add(
            wrong(
                "expectedStatuses",
                text,
                "statuses such as 200 or 200-299",
                "correct it, or leave all out for 200-399"));
      }
    }
    return new Probe.Http(
        tls,
        path,
        host,
        serverName(said, violations),
        statuses.isEmpty() ? List.of(StatusRange.HEALTHY) : statuses);
  }

  private static String serverName(HealthCheck said, List<Violation> violations) {
    String name = text(said.getTlsServerName());
    if (!SERVER_NAME.matcher(name).matches() || name.contains("..")) {
      violations.add(
          wrong("tlsServerName", name, "a DNS name such as app.example", "leave it out for none"));
    }
    return name;
  }

  private static Probe udp(HealthCheck said, List<Violation> violations) {
    if (text(said.getUdpPayload()).isEmpty()) {
      violations.add(
          wrong(
              "udpPayload",
              "",
              "what to send, in base64, with type UDP",
              "give something that the back end answers"));
    }
    return new Probe.Udp(
        base64("udpPayload", said.getUdpPayload(), violations),
        base64("udpAnswer", said.getUdpAnswer(), violations));
  }

  private static String base64(String field, @Nullable String said, List<Violation> violations) {
    String value = text(said);
    try {
      Base64.getDecoder().decode(value);
    } catch (IllegalArgumentException _) {
      violations.add(wrong(field, value, "bytes in base64", "encode it with base64"));
    }
    return value;
  }

  private static void within(String field, int number, int most, List<Violation> violations) {
    if (number < 1 || number > most) {
      violations.add(
          wrong(
              field,
              shown(number),
              "a number from 1 to " + most,
              field.equals("port") ? "give the port" : "leave it out for the default"));
    }
  }

  /// What is beyond an `int` reads as the last one.
  private static String shown(int number) {
    return switch (number) {
      case Integer.MAX_VALUE -> number + " or more";
      case Integer.MIN_VALUE -> number + " or less";
      default -> Integer.toString(number);
    };
  }

  private static Violation wrong(String field, @Nullable String value, String rule, String fix) {
    return new Violation(FIELD + field, Objects.requireNonNullElse(value, ""), rule, fix);
  }
}
