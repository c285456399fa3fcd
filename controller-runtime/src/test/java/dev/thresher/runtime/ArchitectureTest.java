package dev.thresher.runtime;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// The arrows among the packages of this module.
@AnalyzeClasses(packages = "dev.thresher.runtime", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {

  @ArchTest
  static final ArchRule PACKAGES_HAVE_NO_CYCLES =
      slices().matching("dev.thresher.runtime.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule KNOWS_NO_PROGRAM =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.thresher.ccm..",
              "dev.thresher.loadbalancer..",
              "dev.thresher.vip..",
              "dev.thresher.e2e..");

  @ArchTest
  static final ArchRule TIME_STANDS_ALONE =
      noClasses()
          .that()
          .resideInAPackage("..runtime.time..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "..runtime.queue..", "..runtime.client..", "..runtime.informer..", "..metrics..");

  @ArchTest
  static final ArchRule ONLY_THE_COMMAND_LINE_KNOWS_PICOCLI =
      noClasses()
          .that()
          .resideOutsideOfPackage("..runtime.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("picocli..");

  @ArchTest
  static final ArchRule ONLY_THE_LOG_KNOWS_LOGBACK =
      noClasses()
          .that()
          .resideOutsideOfPackage("..runtime.logging..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ch.qos.logback..", "net.logstash..");

  @ArchTest
  static final ArchRule JSON_LOGGING_IS_LOADED_ON_DEMAND =
      noClasses()
          .that()
          .doNotHaveSimpleName("JsonLines")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("net.logstash..");

  @ArchTest
  static final ArchRule RUNTIME_HELPERS_OF_UPSTREAM_ARE_NOT_USED =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.kubernetes.client.informer..",
              "io.kubernetes.client.extended..",
              "io.kubernetes.client.util.generic..");

  @ArchTest
  static final ArchRule NOBODY_PRINTS =
      noClasses()
          .that()
          .resideOutsideOfPackages("..runtime.cli..")
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");
}
