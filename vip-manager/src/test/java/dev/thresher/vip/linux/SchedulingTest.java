package dev.thresher.vip.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class SchedulingTest {

  private static final Pattern SLICE = Pattern.compile("se\\.slice\\s*:\\s*(\\d+)");

  @Test
  void onlyTheThreadThatAsksRunsInShortSlices() throws Exception {
    String before = slice();
    CompletableFuture<Boolean> taken = new CompletableFuture<>();
    CompletableFuture<String> asking = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              taken.complete(Scheduling.shortSlices());
              try {
                asking.complete(slice());
              } catch (IOException e) {
                asking.completeExceptionally(e);
              }
            });
    thread.join();
    assertThat(taken.join()).as("the kernel took it").isTrue();
    assertThat(asking.join()).isEqualTo("100000");
    assertThat(slice()).isEqualTo(before).isNotEqualTo("100000");
  }

  /// Of the calling thread, in nanoseconds.
  private static String slice() throws IOException {
    Matcher found = SLICE.matcher(Files.readString(Path.of("/proc/thread-self/sched")));
    if (!found.find()) {
      String line = "SKIPPED, this kernel says nothing of slices in /proc/thread-self/sched";
      System.err.println(line);
      Assumptions.abort(line);
    }
    return found.group(1);
  }
}
