package dev.thresher.runtime.fake;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Stands between a client and a server and does what networks do: goes silent, resets, refuses.
public final class TcpProxy implements AutoCloseable {

  private static final int BUFFER = 8192;

  private final AtomicInteger accepted = new AtomicInteger();
  private final ServerSocket listener;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Object gate = new Object();
  private volatile int target;
  private boolean frozen;
  private volatile boolean refusing;

  /// @param targetPort on the loopback address
  public TcpProxy(int targetPort) {
    target = targetPort;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException("no port for a proxy", e);
    }
    Thread.ofVirtual().name("proxy").start(this::accept);
  }

  public int port() {
    return listener.getLocalPort();
  }

  public String url() {
    return "http://127.0.0.1:" + port();
  }

  /// New connections go to another port from now on.
  public void retarget(int port) {
    target = port;
  }

  /// Holds all bytes back; connections stay open, new ones are accepted and get no answer.
  public void freeze() {
    synchronized (gate) {
      frozen = true;
    }
  }

  /// Lets everything through again.
  public void thaw() {
    synchronized (gate) {
      frozen = false;
      gate.notifyAll();
    }
  }

  /// Resets all connections.
  public void reset() {
    for (Socket socket : sockets) {
      try {
        socket.setSoLinger(true, 0);
        socket.close();
      } catch (IOException _) {
        // It is closed: that is what was wanted.
      }
    }
    sockets.clear();
  }

  /// New connections are closed at once, or no longer.
  public void refuse(boolean refuse) {
    refusing = refuse;
  }

  public int connections() {
    return sockets.size();
  }

  /// How many connections were made so far, open or not.
  public int accepted() {
    return accepted.get();
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException("closing a listener", e);
    }
    thaw();
    reset();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (refusing) {
          client.setSoLinger(true, 0);
          client.close();
          continue;
        }
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        accepted.incrementAndGet();
        sockets.add(client);
        sockets.add(server);
        Thread.ofVirtual().start(() -> pump(client, server));
        Thread.ofVirtual().start(() -> pump(server, client));
      } catch (IOException _) {
        // Closed, or the server is away: the client sees it by itself.
      }
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER];
    try (from;
        to) {
      for (int n = from.getInputStream().read(buffer);
          n >= 0;
          n = from.getInputStream().read(buffer)) {
        waitForThaw();
        to.getOutputStream().write(buffer, 0, n);
      }
    } catch (IOException _) {
      // One side has closed; closing the other tells it.
    } finally {
      sockets.remove(from);
      sockets.remove(to);
    }
  }

  private void waitForThaw() throws IOException {
    synchronized (gate) {
      while (frozen) {
        try {
          gate.wait();
        } catch (InterruptedException _) {
          throw new IOException("interrupted");
        }
      }
    }
  }
}
