package dev.thresher.runtime.serving;

/// Limits of the JDK's HTTP server, for all servers of the process. It reads them once, when the
/// first one is made.
public final class ServerLimits {

  private ServerLimits() {}

  /// To be called before a server is made. What was set by the command line of Java stays.
  public static void apply() {
    // Seconds for an answer to leave, connections at a time, and no waiting for a full packet.
    setUnlessSet("sun.net.httpserver.maxRspTime", "30");
    // Seconds for a request to arrive. Over TLS they count from the begin of the handshake, and a
    // client written in Go may keep a connection that it has made and not needed yet for 90 s.
    setUnlessSet("sun.net.httpserver.maxReqTime", "120");
    // Further ones are closed as soon as they come, which a client takes for a fault. API servers
    // open one for each question under way, and leave theirs idle when the bundle of authorities
    // changes.
    setUnlessSet("jdk.httpserver.maxConnections", "512");
    // An idle connection beyond this limit is closed after its answer without a word, and the next
    // request on it fails; so as many may be idle as there may be at all.
    setUnlessSet("sun.net.httpserver.maxIdleConnections", "512");
    setUnlessSet("sun.net.httpserver.nodelay", "true");
    // Clients written in Go keep a connection for 90 s. It must not be closed before, or a POST
    // that comes just then fails.
    setUnlessSet("sun.net.httpserver.idleInterval", "120");
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
