package dev.thresher.api.names;

import java.util.regex.Pattern;

/// A label of DNS as Kubernetes wants it (`IsDNS1123Label`): 1 to 63 lower-case letters, digits and
/// dashes, with no dash at the ends. Names of namespaces, of ports of a Service and, from
/// Kubernetes 1.36 on, of Services are such. Source: RFC 1123, section 2.1.
public final class DnsLabel {

  private static final Pattern PATTERN = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

  private DnsLabel() {}

  public static boolean is(String text) {
    return PATTERN.matcher(text).matches();
  }
}
