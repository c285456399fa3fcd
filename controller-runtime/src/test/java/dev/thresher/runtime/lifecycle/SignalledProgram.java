package dev.thresher.runtime.lifecycle;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/// A program of its own process, for [ShutdownSignalTest].
final class SignalledProgram {

  private SignalledProgram() {}

  public static void main(String[] args) throws InterruptedException {
    boolean hangs = args.length > 0 && args[0].equals("hangs");
    ShutdownSignal signal = ShutdownSignal.install();
    int status =
        Program.run(
            Lifecycle.of(
                new Component() {
                  @Override
                  public String name() {
                    return "part";
                  }

                  @Override
                  public void start() {
                    System.out.println("started");
                  }

                  @Override
                  public void stop() {
                    System.out.println("stopping");
                    try {
                      if (hangs) {
                        new CountDownLatch(1).await();
                      }
                    } catch (InterruptedException _) {
                      Thread.currentThread().interrupt();
                    }
                    System.out.println("stopped");
                  }
                }),
            signal,
            Duration.ofSeconds(60));
    System.exit(status);
  }
}
