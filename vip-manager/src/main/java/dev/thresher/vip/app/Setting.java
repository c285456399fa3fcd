package dev.thresher.vip.app;

/// One setting: an environment variable, its flag, and what it does here.
///
/// @param variable name in the environment, empty if there is none
/// @param flag name on the command line without dashes, empty if there is none
/// @param kind what values look like
/// @param fallback the value when neither is given
/// @param group heading in the help
/// @param effect what becomes of it
/// @param about for people: what it says
public record Setting(
    String variable,
    String flag,
    Kind kind,
    String fallback,
    Group group,
    Effect effect,
    String about) {

  /// What values look like.
  public enum Kind {
    BOOL,
    TEXT,
    NUMBER
  }

  /// Headings in the help, in order.
  public enum Group {
    GENERAL("General"),
    SERVICES("Services"),
    OWNERSHIP("Who holds an address"),
    LAYER2("Layer 2"),
    CONTROL_PLANE("Control plane"),
    BALANCING("Balancing of the control plane"),
    BGP("BGP and Zebra"),
    ROUTING_TABLE("Routing table"),
    HEALTH("Health of the control plane"),
    DHCP("DHCP and DNS"),
    EGRESS("Egress"),
    OTHER("Other");

    private final String title;

    Group(String title) {
      this.title = title;
    }

    public String title() {
      return title;
    }
  }

  /// What becomes of a setting.
  public sealed interface Effect {

    /// It does what it says.
    record Acts() implements Effect {}

    /// Any value is accepted and changes nothing.
    ///
    /// @param why it is not needed
    record Accepted(String why) implements Effect {}

    /// Any value but the fallback ends the start.
    ///
    /// @param instead what to do
    record Refused(String instead) implements Effect {}
  }

  /// How a person gave it: `the environment variable vip_arp` or `the flag --arp`.
  public String origin(boolean fromEnvironment) {
    return fromEnvironment ? "the environment variable " + variable : "the flag --" + flag;
  }
}
