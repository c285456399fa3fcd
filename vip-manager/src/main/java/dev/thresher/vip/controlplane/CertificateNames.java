package dev.thresher.vip.controlplane;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Whether the certificate of the API server is good for the addresses under which it is to be
/// reached. Pure.
final class CertificateNames {

  private static final int DNS = 2;
  private static final int IP = 7;

  private CertificateNames() {}

  /// The names and addresses that the certificate does not carry. A name is matched as by RFC 6125,
  /// section 6.4: in either case, with or without the dot that ends it, and a wildcard stands for
  /// exactly one label, the leftmost. An address is matched by addresses alone.
  static List<String> missing(X509Certificate certificate, Collection<String> wanted) {
    Set<String> names = new HashSet<>();
    Set<InetAddress> addresses = new HashSet<>();
    try {
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      for (List<?> alternative : alternatives == null ? List.<List<?>>of() : alternatives) {
        String text = String.valueOf(alternative.get(1));
        if (Integer.valueOf(DNS).equals(alternative.get(0))) {
          names.add(text.toLowerCase(Locale.ROOT));
        } else if (Integer.valueOf(IP).equals(alternative.get(0))) {
          addresses.add(InetAddresses.forString(text));
        }
      }
    } catch (CertificateParsingException e) {
      return List.copyOf(wanted);
    }
    return wanted.stream()
        .filter(name ->
            InetAddresses.isInetAddress(name)
                ? !addresses.contains(InetAddresses.forString(name))
                : !covered(names, name.toLowerCase(Locale.ROOT)))
        .toList();
  }

  private static boolean covered(Set<String> names, String wanted) {
    String name = wanted.endsWith(".") ? wanted.substring(0, wanted.length() - 1) : wanted;
    int dot = name.indexOf('.');
    return names.contains(name) || (dot > 0 && names.contains("*" + name.substring(dot)));
  }
}
