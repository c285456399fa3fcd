package dev.thresher.e2e.soak.vip;

import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.lab.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Services that come and go, while the observer asks who has their addresses.
///
/// Not thread-safe.
final class Churn {

  /// A Service that lives for less is deleted whether it has its addresses or not.
  private static final Duration SHORT = Duration.ofMillis(500);

  private final Observer observer;
  private final Function<String, GuestService> maker;
  private final Duration patience;
  private int made;

  /// @param maker makes a Service of a name that asks for an address of each family
  Churn(Observer observer, Function<String, GuestService> maker, Duration patience) {
    this.observer = observer;
    this.maker = maker;
    this.patience = patience;
  }

  /// Makes a Service and deletes it.
  ///
  /// @param lasts how long it is there, with its addresses answered unless that is short
  /// @return what is not as it is to be, one line each
  /// @throws dev.thresher.e2e.lab.LabException if it gets no addresses, or nobody answers for one
  List<String> makeAndDelete(Duration lasts) {
    GuestService service = maker.apply("churn-" + ++made);
    boolean whole = lasts.compareTo(SHORT) >= 0;
    if (whole) {
      awaitAddresses(service).forEach(observer::watch);
      awaitAnswers();
    }
    Await.pass(lasts, observer::look);
    List<String> addresses = service.addresses();
    if (!whole) {
      addresses.forEach(observer::watch);
    }
    service.delete();
    List<String> answered = observer.awaitSilence(addresses, patience);
    addresses.forEach(observer::unwatch);
    List<String> faults = new ArrayList<>();
    for (String address : answered) {
      faults.add(service.name() + " is deleted, and " + address + " still answered");
    }
    return faults;
  }

  private List<String> awaitAddresses(GuestService service) {
    return Await.value(
        "two addresses of " + service.name(),
        patience,
        () -> {
          observer.look();
          return Optional.of(service.addresses()).filter(found -> found.size() == 2);
        });
  }

  private void awaitAnswers() {
    long from = System.nanoTime();
    Await.until(
        "answers for each address",
        patience,
        () -> {
          observer.look();
          return observer.unansweredFrom(from).isEmpty();
        });
  }
}
