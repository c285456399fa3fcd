package dev.thresher.runtime.delegation;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/// What the subject of a certificate says in Kubernetes: the common name is the user, each
/// organisation a group.
///
/// @param commonName empty if there is none
record Subject(String commonName, List<String> organisations) {

  static Optional<Subject> of(X509Certificate certificate) {
    try {
      // RFC 2253 lists the last component first.
      List<Rdn> parts =
          new ArrayList<>(new LdapName(certificate.getSubjectX500Principal().getName()).getRdns());
      String name = "";
      var groups = new ArrayList<String>();
      for (Rdn part : parts) {
        for (Attribute attribute : Collections.list(part.toAttributes().getAll())) {
          for (String value : values(attribute)) {
            switch (attribute.getID().toUpperCase(Locale.ROOT)) {
              case "CN" -> name = value;
              case "O" -> groups.add(value);
              default -> {}
            }
          }
        }
      }
      return Optional.of(new Subject(name, groups));
    } catch (NamingException _) {
      // A value that is no text: nobody whom Kubernetes could name.
      return Optional.empty();
    }
  }

  private static List<String> values(Attribute attribute) throws NamingException {
    var texts = new ArrayList<String>();
    NamingEnumeration<?> all = attribute.getAll();
    while (all.hasMore()) {
      if (all.next() instanceof String text) {
        texts.add(text);
      }
    }
    return texts;
  }
}
