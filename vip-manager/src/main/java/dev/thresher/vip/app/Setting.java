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
    ///
    /// @param whileRunning whether a change in the file is followed without a restart
    record Acts(boolean whileRunning) implements Effect {}

    /// Any value is accepted and changes nothing.
    ///
    /// @param why it is not needed
    record Accepted(String why) implements Effect {}

    /// Any value but the fallback ends the start.
    ///
    /// @param instead what to do
    record Refused(String instead) implements Effect {}
  }

  static Setting acts(
      String variable, String flag, Kind kind, String fallback, Group group, String about) {
    return new Setting(variable, flag, kind, fallback, group, new Effect.Acts(false), about);
  }

  /// The same, followed while the program runs.
  Setting followed() {
    return new Setting(variable, flag, kind, fallback, group, new Effect.Acts(true), about);
  }

  boolean isFollowed() {
    return effect instanceof Effect.Acts(var whileRunning) && whileRunning;
  }

  static Setting accepted(
      String variable, String flag, Kind kind, String fallback, Group group, String why) {
    return new Setting(variable, flag, kind, fallback, group, new Effect.Accepted(why), why);
  }

  static Setting refused(
      String variable, String flag, Kind kind, String fallback, Group group, String instead) {
    return new Setting(variable, flag, kind, fallback, group, new Effect.Refused(instead), instead);
  }

  /// How a person gave it: `the environment variable vip_arp` or `the flag --arp`.
  String origin(Source source) {
    return switch (source) {
      case ENVIRONMENT -> "the environment variable " + variable;
      case FLAG -> "the flag --" + flag;
      case FILE -> "the key for " + name() + " in config_file";
    };
  }

  /// The variable, or the flag if there is no variable.
  String name() {
    return variable.isEmpty() ? "--" + flag : variable;
  }

  /// Where a value was given.
  enum Source {
    ENVIRONMENT,
    FLAG,
    FILE
  }
}
