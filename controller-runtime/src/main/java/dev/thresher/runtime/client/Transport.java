package dev.thresher.runtime.client;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import okhttp3.Call;
import okhttp3.CipherSuite;
import okhttp3.ConnectionSpec;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;

/// TCP connections to one server under one set of TLS credentials.
///
/// HTTP/2 with pings: a connection whose other end is gone is given up within two ping intervals,
/// and all that ran over it fails. HTTP/1.1 is spoken where the server does not offer HTTP/2; there
/// the deadline of each call and the silence watchdog of each watch do the same, later.
final class Transport {

  private static final Duration PING_INTERVAL = Duration.ofSeconds(10);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(4);

  private static final ConnectionSpec HANDSHAKE =
      new ConnectionSpec.Builder(ConnectionSpec.MODERN_TLS)
          .cipherSuites(
              CipherPreference.order(
                      Objects.requireNonNull(ConnectionSpec.MODERN_TLS.cipherSuites()).stream()
                          .map(CipherSuite::javaName)
                          .toList())
                  .toArray(String[]::new))
          .build();

  /// What a request may wait for.
  enum Patience {
    CALL,
    URGENT,
    /// No limit: the caller watches the silence.
    WATCH
  }

  private final OkHttpClient base;
  private final OkHttpClient reading;
  private final OkHttpClient writing;
  private final OkHttpClient urgent;
  private final OkHttpClient watching;
  private final Set<Call> watches = ConcurrentHashMap.newKeySet();

  Transport(
      Connection connection, Duration callTimeout, Duration urgentTimeout, HostNames hostNames) {
    var builder =
        new OkHttpClient.Builder()
            .dns(hostNames::addresses)
            .connectTimeout(CONNECT_TIMEOUT)
            .readTimeout(Duration.ZERO)
            .writeTimeout(callTimeout)
            .pingInterval(PING_INTERVAL)
            .followRedirects(false)
            .followSslRedirects(false);
    if (connection.server().startsWith("https://")) {
      Tls tls = Tls.of(connection);
      builder
          .sslSocketFactory(tls.sockets(), tls.trust())
          .connectionSpecs(List.of(HANDSHAKE))
          .protocols(List.of(Protocol.HTTP_2, Protocol.HTTP_1_1));
      FirstConnection.to(builder);
      if (connection.insecure()) {
        builder.hostnameVerifier((host, session) -> true);
      } else if (!connection.tlsServerName().isEmpty()) {
        var standard = new OkHttpClient.Builder().build().hostnameVerifier();
        builder.hostnameVerifier(
            (host, session) -> standard.verify(connection.tlsServerName(), session));
      }
    } else {
      builder.protocols(List.of(Protocol.HTTP_1_1));
    }
    base = builder.build();
    reading = base.newBuilder().callTimeout(callTimeout).build();
    // A write that got no answer may have been done: whether to repeat it is the caller's decision.
    writing = reading.newBuilder().retryOnConnectionFailure(false).build();
    urgent = base.newBuilder().callTimeout(urgentTimeout).retryOnConnectionFailure(false).build();
    watching = base;
  }

  Call newCall(Request request, Patience patience) {
    return switch (patience) {
      case CALL -> (request.method().equals("GET") ? reading : writing).newCall(request);
      case URGENT -> urgent.newCall(request);
      case WATCH -> {
        Call call = watching.newCall(request);
        watches.add(call);
        yield call;
      }
    };
  }

  /// A watch has ended, however it did.
  void ended(Call watch) {
    watches.remove(watch);
  }

  /// Ends all watches and closes what is idle. Calls under way end by themselves.
  ///
  /// The server checks credentials when a request comes in; a watch begun under the old ones would
  /// run on under them.
  void close() {
    watches.forEach(Call::cancel);
    base.connectionPool().evictAll();
  }
}
