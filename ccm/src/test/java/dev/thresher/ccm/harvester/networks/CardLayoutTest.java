package dev.thresher.ccm.harvester.networks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CardLayoutTest {

  /// Machines as `n1: vlan1=eth0 vlan2=eth1; n2: vlan1=`, an empty name for a silent agent.
  private static List<MachineCards> machines(String text) {
    List<MachineCards> machines = new ArrayList<>();
    for (String machine : text.split(";", -1)) {
      if (!machine.isBlank()) {
        String[] parts = machine.strip().split(":", -1);
        Map<String, String> cards = new LinkedHashMap<>();
        for (String card : parts[1].strip().split(" ", -1)) {
          if (!card.isEmpty()) {
            String[] pair = card.split("=", -1);
            cards.put("default/" + pair[0], pair[1]);
          }
        }
        machines.add(new MachineCards(parts[0].strip(), cards));
      }
    }
    return machines;
  }

  private static PublishedCards before(String common, String byNode) {
    return PublishedCards.read(
        Map.of(
            "interface-nad-mapping",
            common == null ? "" : common,
            "thresher.dev.interface-nad-mapping-by-node",
            byNode == null ? "" : byNode));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          one machine | n1: vlan1=eth0 | | | {"default/vlan1":"eth0"} | ``
          two networks | n1: vlan2=eth1 vlan1=eth0; n2: vlan1=eth0 vlan2=eth1 | | | {"default/vlan1":"eth0","default/vlan2":"eth1"} | ``
          third lacks one | n1: vlan1=eth0 vlan2=eth1; n2: vlan1=eth0 vlan2=eth1; n3: vlan1=eth0 | | | {"default/vlan1":"eth0"} | {"default/vlan2":{"n1":"eth1","n2":"eth1"}}
          another order | n1: vlan1=eth0 vlan2=eth1; n2: vlan1=eth1 vlan2=eth0 | | | `` | {"default/vlan1":{"n1":"eth0","n2":"eth1"},"default/vlan2":{"n1":"eth1","n2":"eth0"}}
          nothing common | n1: vlan1=eth0; n2: vlan2=eth0 | | | `` | {"default/vlan1":{"n1":"eth0"},"default/vlan2":{"n2":"eth0"}}
          pod network only | n1: | | | `` | ``
          no machine | | | | `` | ``
          booting, silent | n1: vlan1=eth0; n2: vlan1= | | | {"default/vlan1":"eth0"} | ``
          all silent, new | n1: vlan1= | | | `` | ``
          all silent, known | n1: vlan1=; n2: vlan1= | {"default/vlan1":"eth0"} | | {"default/vlan1":"eth0"} | ``
          silent, differs | n1: vlan1=eth0; n2: vlan1= | | {"default/vlan1":{"n1":"eth0","n2":"eth1"}} | `` | {"default/vlan1":{"n1":"eth0","n2":"eth1"}}
          new and silent, differed | n1: vlan1=eth0; n3: vlan1= | | {"default/vlan1":{"n1":"eth0","n2":"eth1"}} | `` | {"default/vlan1":{"n1":"eth0"}}
          told otherwise | n1: vlan1=ens3 | {"default/vlan1":"eth0"} | | {"default/vlan1":"ens3"} | ``
          network gone | n1: vlan1=eth0 | {"default/vlan1":"eth0","default/vlan9":"eth9"} | | {"default/vlan1":"eth0"} | ``
          nonsense before | n1: vlan1=eth0 | nonsense | [1] | {"default/vlan1":"eth0"} | ``
          """)
  void publishes(
      String what,
      String machines,
      String common,
      String byNode,
      String wantedCommon,
      String wantedByNode) {
    PublishedCards published =
        CardLayout.of(machines(machines == null ? "" : machines), before(common, byNode))
            .published();
    assertThat(published.commonText()).isEqualTo(wantedCommon == null ? "" : wantedCommon);
    assertThat(published.byNodeText()).isEqualTo(wantedByNode == null ? "" : wantedByNode);
    // What was published is read back, and makes the same again.
    assertThat(
            PublishedCards.read(
                Map.of(
                    "interface-nad-mapping", published.commonText(),
                    "thresher.dev.interface-nad-mapping-by-node", published.byNodeText())))
        .isEqualTo(published);
    assertThat(CardLayout.of(machines(machines == null ? "" : machines), published).published())
        .isEqualTo(published);
  }

  private static String answer(String machines, String network) {
    CardLayout layout = CardLayout.of(machines(machines), PublishedCards.NONE);
    return switch (layout.on("default/" + network)) {
      case NodeNetworks.Cards.Same(String name) -> name;
      case NodeNetworks.Cards.Different(var byNode, var without) -> byNode + " " + without;
      case NodeNetworks.Cards.Absent(var known) -> "absent " + known;
      case NodeNetworks.Cards.Unknown _ -> "unknown";
    };
  }

  @Test
  void answersForANetwork() {
    String third = "n1: vlan1=eth0 vlan2=eth1; n2: vlan1=eth0 vlan2=eth2; n3: vlan1=eth0";
    assertThat(answer(third, "vlan1")).isEqualTo("eth0");
    assertThat(answer(third, "vlan2")).isEqualTo("{n1=eth1, n2=eth2} [n3]");
    assertThat(answer(third, "vlan3")).isEqualTo("absent [default/vlan1, default/vlan2]");
    assertThat(answer("", "vlan1")).isEqualTo("unknown");
    assertThat(answer("n1: vlan1=", "vlan1")).isEqualTo("unknown");
  }
}
