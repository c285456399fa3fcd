package dev.thresher.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class WorkspaceTest {
  private record Case(String route, Set<Integer> octets) {}

  @TestFactory
  Stream<DynamicTest> keepsAwayFromRoutesOfTheMachine() {
    return Stream.of(
            new Case("default", Set.of()),
            new Case("10.7.0.0/16", Set.of(7)),
            new Case("10.7.3.0/24", Set.of(7)),
            new Case("10.7.3.9", Set.of(7)),
            new Case("10.96.0.0/14", Set.of(96, 97, 98, 99)),
            new Case("10.0.0.0/8", Set.of()),
            new Case("192.168.7.0/24", Set.of()))
        .map(c ->
            DynamicTest.dynamicTest(
                c.route(),
                () ->
                    assertThat(Workspace.octets(Json.object("dst", c.route())))
                        .isEqualTo(c.octets())));
  }
}
