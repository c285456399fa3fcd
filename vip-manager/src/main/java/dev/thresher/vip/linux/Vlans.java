package dev.thresher.vip.linux;

import java.util.List;

/// What an interface has to do with VLANs.
///
/// @param filtering for a bridge, whether it sorts frames by VLAN
/// @param ids those that a bridge lets through this port, or the one of a VLAN interface
public record Vlans(boolean filtering, List<Range> ids) {

  /// Nothing.
  public static final Vlans NONE = new Vlans(false, List.of());

  public Vlans {
    ids = List.copyOf(ids);
  }

  /// Ids that follow each other.
  ///
  /// @param first 1 to 4094
  /// @param last the same or higher
  public record Range(int first, int last) {

    /// `7` or `10-20`.
    @Override
    public String toString() {
      return first == last ? Integer.toString(first) : first + "-" + last;
    }
  }
}
