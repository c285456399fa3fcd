package dev.thresher.e2e.ccm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.soak.ccm.CcmSoak;
import dev.thresher.e2e.soak.ccm.Outcome;
import dev.thresher.e2e.soak.ccm.Scene;
import dev.thresher.e2e.soak.ccm.Size;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The short form of `hack/soak ccm`: whatever breaks, no Service loses its address, nothing is
/// left over on the host, and exactly the nodes of deleted machines go.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChurnIT {

  private static final long SEED = 20;

  private Lab lab;
  private CcmSoak soak;

  @BeforeAll
  void start() {
    lab = Lab.builder().hostNodes(1).guest(Cloud.GUEST, g -> g.vms(0)).start();
    soak = new CcmSoak(Cloud.prepare(lab, Placement.GUEST), Size.SHORT, SEED, System.out::println);
  }

  @AfterAll
  void end() {
    if (soak != null) {
      soak.close();
    }
    if (lab != null) {
      lab.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void losesAndLeavesNothing(Scene scene) {
    Outcome outcome = soak.run(scene);
    assertThat(outcome.faults()).isEmpty();
  }
}
