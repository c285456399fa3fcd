package dev.thresher.vip.netns;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// A server that says `hello from` and its name to whoever connects, over both families. Its
/// arguments are the system properties `port` and `name`.
public final class Greeter {
  private Greeter() {}

  public static void main(String[] arguments) throws IOException {
    try (ServerSocket server = new ServerSocket()) {
      server.setReuseAddress(true);
      server.bind(new InetSocketAddress("::", Integer.getInteger("port")));
      // Ends with its input, so that it never outlives its test.
      Thread.ofPlatform().daemon().start(Greeter::haltAtEndOfInput);
      System.out.println("@ listening");
      while (true) {
        try (Socket client = server.accept();
            PrintStream out =
                new PrintStream(client.getOutputStream(), true, StandardCharsets.UTF_8)) {
          out.println("hello from " + System.getProperty("name"));
        }
      }
    }
  }

  private static void haltAtEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is said to a greeter.
      }
    } catch (IOException e) {
      System.err.println("input failed: " + e);
    }
    Runtime.getRuntime().halt(0);
  }
}
