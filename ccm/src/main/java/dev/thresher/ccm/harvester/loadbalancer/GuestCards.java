package dev.thresher.ccm.harvester.loadbalancer;

import java.util.List;

/// Which card of the guest's nodes is on which network of the host.
///
/// Thread-safe; answers at once.
public interface GuestCards {

  /// @param network NetworkAttachmentDefinition as `namespace/name`
  Card of(String network);

  /// Called at most once, before the controllers start; the listener returns at once.
  void onChange(Runnable listener);

  /// What is known of a network.
  sealed interface Card {

    /// All nodes have a card on it, by this name.
    record Named(String name) implements Card {}

    /// Not all nodes have a card of one name on it.
    ///
    /// @param known networks that they have
    record NotCommon(List<String> known) implements Card {
      public NotCommon {
        known = List.copyOf(known);
      }
    }

    /// Nothing is known of any network yet.
    record Unknown() implements Card {}
  }

  /// For a guest whose cards nobody knows.
  static GuestCards unknown() {
    return new GuestCards() {
      @Override
      public Card of(String network) {
        return new Card.Unknown();
      }

      @Override
      public void onChange(Runnable listener) {}
    };
  }
}
