package dev.thresher.vip.mesh;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// This node's own connection to one peer, and what may be concluded from its end: a pure `state ×
/// event → (state, actions)`.
///
/// A close alone proves nothing: a thread that was interrupted, a firewall that was reloaded, a
/// forged reset close connections too. It makes the peer's process *suspect*, and a new connection
/// to the same address is tried at once. That the kernel over there refuses it, resets it before
/// the process said a word, or that another process answers, proves that nobody listens there for
/// the suspect any more; it listens as long as it may hold an address.
///
/// Where greetings are proven ([Handshake]), only a proven one comes here as [Event.Hello]. So only
/// a process that had a key becomes suspect, and only another that has one contradicts it.
final class PeerLink {

  /// How long to wait for the peer's greeting on a connection.
  static final Duration GREETING_TIMEOUT = Duration.ofSeconds(2);

  /// Between tries while a process is suspect: its kernel may need a moment to let go of the port.
  static final Duration SUSPECT_RETRY = Duration.ofMillis(5);

  /// So many quick tries, then slower ones.
  static final int QUICK_TRIES = 10;

  static final Duration FIRST_RETRY = Duration.ofMillis(100);
  static final Duration SLOWEST_RETRY = Duration.ofSeconds(2);

  private PeerLink() {}

  sealed interface State {

    /// @param suspect the process whose connection closed; empty if none
    /// @param tries so many without success
    record Waiting(String suspect, int tries) implements State {}

    record Dialling(String suspect, int tries) implements State {}

    /// Connected; the peer has not said who it is.
    record Greeting(String suspect, int tries) implements State {}

    record Connected(String process) implements State {}
  }

  sealed interface Event {
    record Timer() implements Event {}

    record Open() implements Event {}

    /// The peer's kernel refused the connection.
    record Refused() implements Event {}

    /// The connection could not be made, for a reason that says nothing about the peer's process.
    record Unreachable() implements Event {}

    /// The peer greeted, with a proof if one is wanted.
    record Hello(String process, long session) implements Event {}

    /// The peer greeted without the proof that is wanted: somebody is there, and nothing is known
    /// of any process.
    record Unproven() implements Event {}

    /// The peer's kernel reset the connection before anybody said a word.
    record Reset() implements Event {}

    /// The connection ended in another way.
    record Closed() implements Event {}
  }

  sealed interface Action {
    record Dial() implements Action {}

    record Close() implements Action {}

    record SetTimer(Duration delay) implements Action {}

    record ReportDeath(String process) implements Action {}

    record ReportGreeting(String process, long session) implements Action {}
  }

  record Step(State state, List<Action> actions) {}

  static final State INITIAL = new State.Waiting("", 0);

  static Step step(State state, Event event) {
    return switch (state) {
      case State.Waiting(var suspect, var tries) ->
          event instanceof Event.Timer
              ? new Step(new State.Dialling(suspect, tries), List.of(new Action.Dial()))
              : new Step(state, List.of());
      case State.Dialling(var suspect, var tries) -> dialling(suspect, tries, event);
      case State.Greeting(var suspect, var tries) -> greeting(suspect, tries, event);
      case State.Connected(var process) -> connected(process, event);
    };
  }

  private static Step dialling(String suspect, int tries, Event event) {
    return switch (event) {
      case Event.Open() ->
          new Step(
              new State.Greeting(suspect, tries), List.of(new Action.SetTimer(GREETING_TIMEOUT)));
      case Event.Refused() -> dead(suspect, tries, List.of());
      case Event.Reset() -> dead(suspect, tries, List.of(new Action.Close()));
      case Event.Timer(), Event.Unreachable(), Event.Hello _, Event.Unproven(), Event.Closed() ->
          retry(suspect, tries, List.of(new Action.Close()));
    };
  }

  private static Step greeting(String suspect, int tries, Event event) {
    return switch (event) {
      case Event.Hello(var process, var session) -> {
        List<Action> actions = new ArrayList<>();
        if (!suspect.isEmpty() && !suspect.equals(process)) {
          actions.add(new Action.ReportDeath(suspect));
        }
        actions.add(new Action.ReportGreeting(process, session));
        yield new Step(new State.Connected(process), actions);
      }
      case Event.Reset() -> dead(suspect, tries, List.of(new Action.Close()));
      case Event.Timer(),
          Event.Open(),
          Event.Refused(),
          Event.Unreachable(),
          Event.Unproven(),
          Event.Closed() ->
          retry(suspect, tries, List.of(new Action.Close()));
    };
  }

  private static Step connected(String process, Event event) {
    return switch (event) {
      case Event.Hello(var same, var session) ->
          same.equals(process)
              ? new Step(
                  new State.Connected(process),
                  List.of(new Action.ReportGreeting(process, session)))
              : retry(process, 0, List.of(new Action.Close()));
      case Event.Unproven() -> retry(process, 0, List.of(new Action.Close()));
      case Event.Reset(), Event.Closed(), Event.Unreachable(), Event.Refused() ->
          new Step(new State.Dialling(process, 0), List.of(new Action.Close(), new Action.Dial()));
      case Event.Timer(), Event.Open() -> new Step(new State.Connected(process), List.of());
    };
  }

  private static Step dead(String suspect, int tries, List<Action> first) {
    List<Action> actions = new ArrayList<>(first);
    if (!suspect.isEmpty()) {
      actions.add(new Action.ReportDeath(suspect));
    }
    actions.add(new Action.SetTimer(delay("", tries)));
    return new Step(new State.Waiting("", tries + 1), actions);
  }

  private static Step retry(String suspect, int tries, List<Action> first) {
    List<Action> actions = new ArrayList<>(first);
    actions.add(new Action.SetTimer(delay(suspect, tries)));
    return new Step(new State.Waiting(suspect, tries + 1), actions);
  }

  private static Duration delay(String suspect, int tries) {
    if (!suspect.isEmpty() && tries < QUICK_TRIES) {
      return SUSPECT_RETRY;
    }
    long millis = FIRST_RETRY.toMillis() << Math.min(tries, 5);
    return Duration.ofMillis(Math.min(millis, SLOWEST_RETRY.toMillis()));
  }
}
