package dev.thresher.loadbalancer.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.Quota;
import dev.thresher.loadbalancer.ipam.Reservation;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TenancyTest {

  private static IPPool pool(String promises) {
    return LenientJson.gson()
        .fromJson(
            ("{'metadata':{'name':'p'},'spec':{'ranges':[{'subnet':'192.0.2.0/24'}"
                    + ",{'subnet':'2001:db8::/64'}],"
                    + promises
                    + "}}")
                .replace('\'', '"'),
            IPPool.class);
  }

  private static Verdict create(String promises) {
    return PoolRules.check(
        new Operation.Create<>(pool(promises)),
        new PoolRules.Surroundings(List.of(), List.of(), _ -> true, List::of));
  }

  @Test
  void readsWhatIsKeptAndAllowed() {
    IPPool object =
        pool(
            "'reservations':[{'address':'192.0.2.5','namespace':'vms','name':'web'},"
                + "{'address':'2001:db8::5','namespace':'vms',"
                + "'guestService':{'cluster':'g1','namespace':'default','name':'web'}}],"
                + "'quotas':[{'namespace':'*','addresses':3},{'project':'c/p','addresses':0},"
                + "{'guestCluster':'g1','addresses':7}]");

    assertThat(PoolReading.of(object))
        .isInstanceOfSatisfying(
            PoolReading.Usable.class,
            usable -> {
              Pool pool = usable.pool();
              assertThat(pool.reservations())
                  .containsExactly(
                      new Reservation(
                          IpAddress.parse("192.0.2.5"),
                          new Reservation.Holder.LoadBalancer(new Owner("vms", "web"))),
                      new Reservation(
                          IpAddress.parse("2001:db8::5"),
                          new Reservation.Holder.GuestService("vms", "g1", "default", "web")));
              assertThat(pool.quotas())
                  .containsExactly(
                      new Quota(Quota.Kind.NAMESPACE, "*", 3),
                      new Quota(Quota.Kind.PROJECT, "c/p", 0),
                      new Quota(Quota.Kind.GUEST_CLUSTER, "g1", 7));
            });
    assertThat(
            PoolRules.check(
                new Operation.Create<>(object),
                new PoolRules.Surroundings(List.of(), List.of(), _ -> true, List::of)))
        .isEqualTo(Verdict.PASS);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'reservations':[{'address':'x','namespace':'a','name':'b'}]| spec.reservations[0].address: want an IPv4 or IPv6 address, got \"x\"",
        "'reservations':[{'address':'192.0.2.5','namespace':'a'}]| spec.reservations[0]: want a namespace, and name or guestService",
        "'reservations':[{'address':'192.0.2.5','name':'a'}]| spec.reservations[0]: want a namespace",
        "'reservations':[{'address':'192.0.2.5','namespace':'a','name':'b','guestService':{'cluster':'c','namespace':'d','name':'e'}}]| spec.reservations[0]: want a namespace, and name or",
        "'reservations':[{'address':'192.0.2.5','namespace':'a','guestService':{'cluster':'c','namespace':'d'}}]| spec.reservations[0]: want",
        "'reservations':[{'address':'192.0.3.5','namespace':'a','name':'b'}]| spec.reservations: want addresses that spec.ranges give, got \"192.0.3.5\"; widen a range, or keep another address for a/b",
        "'reservations':[{'address':'192.0.2.1','namespace':'a','name':'b'}]| spec.reservations: want addresses that spec.ranges give, got \"192.0.2.1\"",
        "'reservations':[{'address':'192.0.2.5','namespace':'a','name':'b'},{'address':'192.0.2.5','namespace':'a','name':'c'}]| spec.reservations: want each address for one only, and it is kept for a/b already, got \"192.0.2.5\"; remove one",
        "'reservations':[{'address':'192.0.2.5','namespace':'a','name':'b'},{'address':'192.0.2.6','namespace':'a','name':'b'}]| spec.reservations: want one IPv4 address for each, and a/b has 192.0.2.5, got \"192.0.2.6\"",
        "'quotas':[{'addresses':1}]| spec.quotas[0]: want exactly one of namespace, project and guestCluster, and addresses of at least 0, got \"1\"",
        "'quotas':[{'namespace':'a','project':'b','addresses':1}]| spec.quotas[0]: want exactly one",
        "'quotas':[{'namespace':'a','addresses':-1}]| spec.quotas[0]: want exactly one of namespace, project and guestCluster, and addresses of at least 0, got \"-1\"",
        "'quotas':[{'namespace':'a'}]| spec.quotas[0]: want exactly one",
        "'quotas':[{'namespace':'a','addresses':1},{'namespace':'a','addresses':2}]| spec.quotas: want one quota for each tenant, and there are two for this namespace, got \"a\"",
      })
  void refusesOneThing(String promises, String message) {
    Verdict verdict = create(promises);

    assertThat(verdict.refusals()).hasSize(1);
    assertThat(verdict.message()).startsWith(message);
  }

  @Test
  void oneAddressOfEachFamilyMayBeKept() {
    assertThat(
            create(
                "'reservations':[{'address':'192.0.2.5','namespace':'a','name':'b'},"
                    + "{'address':'2001:db8::5','namespace':'a','name':'b'}]"))
        .isEqualTo(Verdict.PASS);
  }

  @Test
  void whoHasAKeptAddressStaysAndThatIsSaid() {
    var uses =
        List.of(
            new PoolRules.Use(IpAddress.parse("192.0.2.5"), "vms/other", true),
            new PoolRules.Use(IpAddress.parse("192.0.2.6"), "vms/web", true),
            new PoolRules.Use(IpAddress.parse("192.0.2.7"), "vms/g1-default-web-0a1b2c3d", true));
    Verdict verdict =
        PoolRules.check(
            new Operation.Update<>(
                pool("'reservations':[]"),
                pool(
                    "'reservations':[{'address':'192.0.2.5','namespace':'vms','name':'a'},"
                        + "{'address':'192.0.2.6','namespace':'vms','name':'web'},"
                        + "{'address':'192.0.2.7','namespace':'vms',"
                        + "'guestService':{'cluster':'g1','namespace':'default','name':'web'}}]")),
            new PoolRules.Surroundings(List.of(), uses, _ -> true, List::of));

    assertThat(verdict.refusals()).isEmpty();
    assertThat(verdict.warnings())
        .containsExactly(
            "spec.reservations: 192.0.2.5 is in use by vms/other; vms/a gets it only when that one"
                + " is deleted");
  }
}
