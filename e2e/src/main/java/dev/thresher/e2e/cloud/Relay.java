package dev.thresher.e2e.cloud;

import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// The API server of a node, as far as others can tell: takes TCP connections on a port of all
/// addresses of the node and carries their bytes to the lab's API server and back.
///
/// Arguments: port to listen on, host and port to go to.
public final class Relay {

  private static final String PORT = "6443";

  private Relay() {}

  /// Starts one on a node, to the API server of its cluster.
  public static LabProcess start(Lab lab, Machine node, ControlPlane cluster) {
    return lab.start(
        node,
        "apiserver-" + node.name(),
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Xmx128m",
            "-cp",
            System.getProperty("java.class.path"),
            Relay.class.getName(),
            PORT,
            cluster.addresses().ipv4(),
            PORT),
        Map.of());
  }

  public static void main(String[] arguments) throws IOException {
    var to = new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2]));
    try (var server = new ServerSocket()) {
      server.setReuseAddress(true);
      server.bind(new InetSocketAddress("::", Integer.parseInt(arguments[0])));
      System.out.println("listening");
      while (true) {
        Socket client = server.accept();
        Thread.ofVirtual().start(() -> carry(client, to));
      }
    }
  }

  private static void carry(Socket client, InetSocketAddress to) {
    try (client;
        var server = new Socket()) {
      server.connect(to, 5_000);
      Thread back = Thread.ofVirtual().start(() -> copy(server, client));
      copy(client, server);
      back.join();
    } catch (IOException e) {
      System.out.println("connection ended: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void copy(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      // A connection whose client went to another node keeps two of them.
      byte[] buffer = new byte[4 * 1024];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
      }
      to.shutdownOutput();
    } catch (IOException e) {
      System.out.println("connection ended: " + e);
    }
  }
}
