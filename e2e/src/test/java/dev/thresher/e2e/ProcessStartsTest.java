package dev.thresher.e2e;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;

/// The programs run no other program: what they do to a machine they do by system calls, so that no
/// tool and no distribution is relied on.
@AnalyzeClasses(packages = "dev.thresher", importOptions = ProcessStartsTest.WhatIsShipped.class)
class ProcessStartsTest {

  static final class WhatIsShipped implements ImportOption {
    @Override
    public boolean includes(Location location) {
      // The runtime's test doubles come as a jar, too.
      return new DoNotIncludeTests().includes(location) && !location.contains("-tests.jar");
    }
  }

  @ArchTest
  static final ArchRule NO_PROGRAM_RUNS_ANOTHER =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.thresher.e2e..")
          .should()
          .dependOnClassesThat()
          .areAssignableTo(ProcessBuilder.class)
          .orShould()
          .callMethodWhere(
              JavaCall.Predicates.target(With.owner(assignableTo(Runtime.class)))
                  .and(JavaCall.Predicates.target(name("exec"))));

  @ArchTest
  static void everyModuleIsLookedAt(JavaClasses classes) {
    for (String module : List.of("api", "runtime", "ccm", "loadbalancer", "vip")) {
      assertThat(classes)
          .as(module)
          .anyMatch(found -> found.getPackageName().startsWith("dev.thresher." + module));
    }
  }
}
