package dev.thresher.vip.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.metrics.Metrics;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MeshKeysTest {

  private static final long SECOND = 1_000_000_000L;
  private static final Set<String> PEERS = Set.of("n2", "n3");

  private final Metrics metrics = new Metrics();
  private final MeshKeys keys = new MeshKeys(metrics);

  private List<String> said(Optional<String> unread, long now) {
    return keys.look(unread, PEERS, now).stream().map(MeshKeys.Trouble::reason).toList();
  }

  @Test
  void keysThatCannotBeReadAreSaidOnceForEachProblem() {
    assertThat(said(Optional.empty(), 0)).isEmpty();
    assertThat(keys.look(Optional.of("key 2 has 5 bytes"), PEERS, 0))
        .containsExactly(
            new MeshKeys.Trouble(
                MeshKeys.REFUSED, "the last good keys of the mesh stay in use: key 2 has 5 bytes"));
    assertThat(said(Optional.of("key 2 has 5 bytes"), SECOND)).isEmpty();
    assertThat(metrics.text()).contains("thresher_vip_mesh_keys_good 0.0");
    assertThat(said(Optional.of("no such directory"), SECOND)).containsExactly(MeshKeys.REFUSED);
    assertThat(said(Optional.empty(), SECOND)).isEmpty();
    assertThat(metrics.text()).contains("thresher_vip_mesh_keys_good 1.0");
  }

  @Test
  void aNodeWhoseKeyFitsNobodyIsNamedAfterTenSecondsAndAgainWhenItComesBack() {
    keys.unfit("n2", 0);
    keys.unfit("n2", 9 * SECOND);
    assertThat(said(Optional.empty(), 9 * SECOND)).isEmpty();
    List<MeshKeys.Trouble> troubles = keys.look(Optional.empty(), PEERS, 10 * SECOND);
    assertThat(troubles)
        .singleElement()
        .satisfies(trouble -> {
          assertThat(trouble.reason()).isEqualTo(MeshKeys.UNLIKE);
          assertThat(trouble.message()).contains("node n2").contains("vip_mesh_keys");
        });
    assertThat(metrics.text()).contains("thresher_vip_mesh_keys_unlike 1.0");
    assertThat(said(Optional.empty(), 11 * SECOND)).isEmpty();
    keys.fits("n2");
    assertThat(said(Optional.empty(), 12 * SECOND)).isEmpty();
    assertThat(metrics.text()).contains("thresher_vip_mesh_keys_unlike 0.0");
    keys.unfit("n2", 20 * SECOND);
    assertThat(said(Optional.empty(), 30 * SECOND)).containsExactly(MeshKeys.UNLIKE);
  }

  @Test
  void aMessageThatFitsInBetweenIsEnough() {
    keys.unfit("n2", 0);
    keys.fits("n2");
    keys.unfit("n2", 9 * SECOND);
    assertThat(said(Optional.empty(), 12 * SECOND)).isEmpty();
  }

  @Test
  void namesThatSomebodyMadeUpAreNotSaid() {
    keys.unfit("stranger", 0);
    assertThat(said(Optional.empty(), 60 * SECOND)).isEmpty();
  }
}
