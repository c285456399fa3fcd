package dev.thresher.vip.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `layouts.txt` has what the kernel's headers say, for both machines.
class StructsTest {

  private record Row(String member, String constant, int onX86, int onArm) {
    /// As C has it.
    String expression() {
      int dot = member.indexOf('.');
      return dot < 0
          ? "sizeof(struct " + member + ")"
          : "offsetof(struct " + member.substring(0, dot) + ", " + member.substring(dot + 1) + ")";
    }
  }

  @Test
  void constantsAreThoseOfTheTableAndTheSameOnBothMachines() {
    Map<String, Integer> constants = new TreeMap<>();
    for (Field field : Structs.class.getDeclaredFields()) {
      if (Modifier.isStatic(field.getModifiers()) && field.getType() == int.class) {
        constants.put(field.getName(), value(field));
      }
    }
    assertThat(constants).isEqualTo(column(Row::onX86)).isEqualTo(column(Row::onArm));
  }

  @Test
  void theHeadersOfThisMachineAgree(@TempDir Path folder) throws Exception {
    Path source = folder.resolve("layouts.c");
    Files.writeString(source, program());
    Path binary = folder.resolve("layouts");
    if (run("cc", "-o", binary.toString(), source.toString()).isEmpty()) {
      String line = "SKIPPED, the layouts are compared where cc and the kernel's headers are";
      System.err.println(line);
      Assumptions.abort(line);
    }
    Map<String, Integer> said =
        run(binary.toString())
            .orElseThrow()
            .lines()
            .map(line -> line.split(" ", 2))
            .collect(Collectors.toMap(words -> words[0], words -> Integer.valueOf(words[1])));
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    assertThat(new TreeMap<>(said)).isEqualTo(column(arm ? Row::onArm : Row::onX86));
  }

  private static String program() {
    String includes =
        "stddef.h stdio.h linux/types.h linux/socket.h linux/if_packet.h linux/netlink.h"
            + " linux/filter.h linux/in6.h linux/poll.h linux/time_types.h linux/sched/types.h"
            + " linux/rtnetlink.h"
            + " linux/if_addr.h linux/neighbour.h linux/fib_rules.h linux/if_bridge.h";
    return Arrays.stream(includes.split(" ", -1))
            .map("#include <%s>\n"::formatted)
            .collect(Collectors.joining())
        + rows().stream()
            .map(row ->
                "  printf(\"%s %%zu\\n\", %s);%n".formatted(row.constant(), row.expression()))
            .collect(Collectors.joining("", "int main(void) {\n", "}\n"));
  }

  /// What a program says; empty if it cannot be started, or fails.
  private static Optional<String> run(String... command) throws InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return process.exitValue() == 0 ? Optional.of(output) : Optional.empty();
    } catch (IOException e) {
      System.err.println(e.getMessage());
      return Optional.empty();
    }
  }

  private static int value(Field field) {
    try {
      return field.getInt(null);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private static Map<String, Integer> column(ToIntFunction<Row> column) {
    return rows().stream()
        .collect(
            Collectors.toMap(Row::constant, column::applyAsInt, (one, _) -> one, TreeMap::new));
  }

  private static List<Row> rows() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(StructsTest.class.getResourceAsStream("layouts.txt")),
                StandardCharsets.US_ASCII))) {
      return lines
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" ", -1))
          .map(words ->
              new Row(words[0], words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3])))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
