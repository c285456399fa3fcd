package dev.thresher.ccm;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.thresher.ccm", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule frameworkKnowsNoCloud =
      noClasses()
          .that()
          .resideInAnyPackage("dev.thresher.ccm.cloudprovider..", "dev.thresher.ccm.controllers..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.thresher.ccm.harvester..",
              "dev.thresher.ccm.kubevirt..",
              "dev.thresher.ccm.hostservice..",
              "dev.thresher.ccm.app..",
              "dev.thresher.api.kubevirt..",
              "dev.thresher.api.loadbalancer..");

  @ArchTest
  static final ArchRule frameworkKnowsNoNameOfACloud =
      noClasses()
          .that()
          .resideInAnyPackage("dev.thresher.ccm.cloudprovider..", "dev.thresher.ccm.controllers..")
          .should()
          .dependOnClassesThat()
          .haveSimpleName("HarvesterNames");

  @ArchTest
  static final ArchRule interfaceKnowsNoController =
      noClasses()
          .that()
          .resideInAPackage("dev.thresher.ccm.cloudprovider..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.thresher.ccm.controllers..");

  @ArchTest
  static final ArchRule providerIsPutTogetherByTheProgramAlone =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.thresher.ccm.harvester..",
              "dev.thresher.ccm.kubevirt..",
              "dev.thresher.ccm.hostservice..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.thresher.ccm.app..", "dev.thresher.ccm.controllers..");

  @ArchTest
  static final ArchRule plainKubeVirtKnowsNothingOfHarvester =
      noClasses()
          .that()
          .resideInAnyPackage("dev.thresher.ccm.kubevirt..", "dev.thresher.ccm.hostservice..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.thresher.ccm.harvester..", "dev.thresher.api.loadbalancer..")
          .orShould()
          .dependOnClassesThat()
          .haveSimpleName("HarvesterNames");

  @ArchTest
  static final ArchRule hostServicesKnowNoProvider =
      noClasses()
          .that()
          .resideInAPackage("dev.thresher.ccm.hostservice..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.thresher.ccm.kubevirt..");

  @ArchTest
  static final ArchRule noOtherProgram =
      noClasses()
          .that()
          .resideInAPackage("dev.thresher.ccm..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.thresher.loadbalancer..", "dev.thresher.vip..");
}
