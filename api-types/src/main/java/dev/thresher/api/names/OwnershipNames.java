package dev.thresher.api.names;

/// Names under which vip-managers agree who holds which address: two kinds of Lease objects in the
/// vip-manager's namespace.
public final class OwnershipNames {

  /// Prefix of a node's own Lease, renewed as long as its vip-manager works; the node's name
  /// follows.
  public static final String NODE_LEASE_PREFIX = "thresher-vip-";

  /// The one Lease whose annotations say who holds what; changed by compare-and-set only. A node
  /// named `holders` would have the same name for its own Lease and is refused.
  public static final String HOLDERS_LEASE = "thresher-vip-holders";

  /// The Lease whose annotation names the voters of the right by a majority; changed by
  /// compare-and-set only. A node of that name is refused.
  public static final String VOTERS_LEASE = "thresher-vip-voters";

  /// The Lease that is the third member beside two voters.
  public static final String WITNESS_LEASE = "thresher-vip-witness";

  /// Annotation on [#VOTERS_LEASE]: the record, as JSON.
  public static final String VOTERS = ThresherNames.PREFIX + "vip-voters";

  /// Annotation on [#WITNESS_LEASE]: `cluster version holder`.
  public static final String WITNESS = ThresherNames.PREFIX + "vip-witness";

  /// Annotation on [#WITNESS_LEASE] that makes each renewal a change.
  public static final String WITNESS_RENEWED = ThresherNames.PREFIX + "vip-witness-renewed";

  /// Label on both kinds, so that one watch sees them and nothing else.
  public static final String LABEL = ThresherNames.PREFIX + "vip-ownership";

  /// Value of [#LABEL]: the format of the annotations.
  public static final String FORMAT = "v1";

  /// Annotation on a node's Lease: the session, `number-process`.
  public static final String SESSION = ThresherNames.PREFIX + "vip-session";

  /// Annotation on a node's Lease: where its mesh listens, `address:port` comma separated.
  public static final String MESH = ThresherNames.PREFIX + "vip-mesh";

  /// Annotation on a node's Lease: the interfaces on which it can hold addresses, as JSON.
  public static final String LINKS = ThresherNames.PREFIX + "vip-links";

  /// Annotation on a node's Lease: `true` once its vip-manager stopped in order.
  public static final String LEAVING = ThresherNames.PREFIX + "vip-leaving";

  /// Annotation on a node's Lease: the addresses of the control plane that it is configured to
  /// hold, comma separated. It stays when the node stops, and goes with the Lease.
  public static final String CONTROL_PLANE = ThresherNames.PREFIX + "vip-control-plane";

  /// Annotation on a Node, for people: with `true` its vip-manager hands over what other nodes can
  /// hold and takes nothing that they can.
  public static final String DRAIN = ThresherNames.PREFIX + "vip-drain";

  /// Annotation on a Service, for people: names of nodes, comma separated, the one that should hold
  /// its addresses first.
  public static final String PREFERRED_NODES = ThresherNames.PREFIX + "vip-preferred-nodes";

  /// Annotation on the record of holders: a counter that each change increases.
  public static final String RECORD_VERSION = ThresherNames.PREFIX + "vip-record-version";

  /// Annotation on the record of holders: `majority` once nobody takes addresses by it any more,
  /// because a majority of voters gives them.
  public static final String CLOSED = ThresherNames.PREFIX + "vip-right";

  /// Prefix of the annotations on the record of holders, one per address: the address follows (an
  /// IPv6 address uncompressed and with `-` for `:`), the value is `node session epoch`.
  public static final String HOLDER_PREFIX = "holder." + ThresherNames.DOMAIN + "/";

  /// Condition of a Service: whether its addresses are held; only where something was wrong once.
  public static final String SERVICE_CONDITION = ThresherNames.PREFIX + "AddressHeld";

  private OwnershipNames() {}
}
