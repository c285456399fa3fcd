package dev.thresher.vip;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.thresher.vip", importOptions = ImportOption.DoNotIncludeTests.class)
class VipArchitectureTest {

  @ArchTest
  static final ArchRule onlyLinuxTouchesNativeMemory =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.thresher.vip.linux")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.lang.foreign..");

  @ArchTest
  static final ArchRule linuxShowsNoNativeMemory =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.thresher.vip.linux")
          .should()
          .accessClassesThat()
          .haveFullyQualifiedName("dev.thresher.vip.linux.LibC");

  @ArchTest
  static final ArchRule packetsKnowNothingOfOurs =
      classes()
          .that()
          .resideInAPackage("dev.thresher.vip.packet")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("dev.thresher.vip.packet", "java..", "org.jspecify..");

  @ArchTest
  static final ArchRule netlinkKnowsNothingOfOurs =
      classes()
          .that()
          .resideInAPackage("dev.thresher.vip.netlink")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("dev.thresher.vip.netlink", "java..", "org.jspecify..");

  @ArchTest
  static final ArchRule nftablesKnowsNetlinkOnly =
      classes()
          .that()
          .resideInAPackage("dev.thresher.vip.nftables")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.thresher.vip.nftables", "dev.thresher.vip.netlink", "java..", "org.jspecify..");

  @ArchTest
  static final ArchRule enforcementKnowsNeitherChoiceNorKubernetes =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.thresher.vip.l2", "dev.thresher.vip.linux", "dev.thresher.vip.packet")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.thresher.vip.services..",
              "dev.thresher.vip.election..",
              "dev.thresher.vip.app..",
              "dev.thresher.api..",
              "io.kubernetes..");
}
