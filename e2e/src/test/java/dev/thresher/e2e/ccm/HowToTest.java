package dev.thresher.e2e.ccm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class HowToTest {

  @Test
  void takesTheShellBlocksOfEachSectionInOrder() {
    HowTo page =
        HowTo.parse(
            """
            # Title
            ## One
            text
            ```sh
            first
            ```
            ```yaml
            not: this
            ```
            1. step
               ```sh
               if second; then
                 third
               fi
               ```
            ## Two
            ```sh
            fourth
            ```
            """);
    assertThat(page.commands("One")).isEqualTo("first\n\nif second; then\n  third\nfi\n");
    assertThat(page.commands("Two")).isEqualTo("fourth\n");
    assertThatThrownBy(() -> page.commands("Three")).hasMessageContaining("Three");
  }

  @Test
  void refusesABlockWithoutEnd() {
    assertThatThrownBy(() -> HowTo.parse("## One\n```sh\nfirst\n")).hasMessageContaining("One");
  }
}
