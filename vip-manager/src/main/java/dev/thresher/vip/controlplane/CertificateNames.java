package dev.thresher.vip.controlplane;

import com.google.common.net.InetAddresses;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
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

  /// The names and addresses that the certificate does not carry.
  static List<String> missing(X509Certificate certificate, Collection<String> wanted) {
    Set<String> names = new HashSet<>();
    try {
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      for (List<?> alternative : alternatives == null ? List.<List<?>>of() : alternatives) {
        if (alternative.get(0) instanceof Integer kind && (kind == DNS || kind == IP)) {
          names.add(canonical(String.valueOf(alternative.get(1))));
        }
      }
    } catch (CertificateParsingException e) {
      return List.copyOf(wanted);
    }
    List<String> missing = new ArrayList<>();
    for (String name : wanted) {
      if (!names.contains(canonical(name))) {
        missing.add(name);
      }
    }
    return missing;
  }

  private static String canonical(String name) {
    return InetAddresses.isInetAddress(name)
        ? InetAddresses.toAddrString(InetAddresses.forString(name))
        : name.toLowerCase(Locale.ROOT);
  }
}
