package dev.thresher.e2e.lab;

import java.util.HexFormat;

/// Which address everything of a lab has: a pure function of the lab's id.
///
/// A lab owns `10.N.0.0/16` and `fd7a:6c61:ID::/48`. Within them:
///
/// | what | IPv4 | IPv6 |
/// |---|---|---|
/// | network k (0 is `lan`) | `10.N.16k.0/20` | `…:k::/64` |
/// | … its router | `.0.1` | `::1` |
/// | … control planes | `.0.2` on | `::0:2` on |
/// | … host nodes, VMs, clients | `.1.x`, `.2.x`, `.3.x` | `::1:x`, `::2:x`, `::3:x` |
/// | … this machine's own end | `.4.1` | `::4:1` |
/// | … free for pools | `.8.0/21` | `::8:0/112` |
/// | Services of cluster c (0 is the host) | `10.N.(128+8c).0/21` | `…:80+c::/112` |
/// | pods of cluster c | `10.N.(192+8c).0/21` | `…:(c0+c)00::/56` |
///
/// @param id the lab's id, four hexadecimal digits
/// @param octet N
public record AddressPlan(String id, int octet) {
  static final int NETWORKS = 8;
  static final int CLUSTERS = 8;
  private static final int NODES_PER_CLUSTER = 32;

  private static final int CONTROL_PLANES = 0;
  private static final int NODES = 1;
  private static final int VMS = 2;
  private static final int CLIENTS = 3;
  private static final int OWNER = 4;

  static final int PREFIX_V4 = 20;
  static final int PREFIX_V6 = 64;

  /// The octet that an id asks for; another one is taken if this machine uses it already.
  static int preferredOctet(String id) {
    return 64 + HexFormat.fromHexDigits(id) % 128;
  }

  String ipv4Range() {
    return "10." + octet + ".0.0/16";
  }

  String ipv6Range() {
    return "fd7a:6c61:" + id + "::/48";
  }

  Addresses router(int network, int number) {
    return number == 0 ? at(network, 0, 1) : at(network, 5, number);
  }

  Addresses controlPlane(int cluster) {
    return at(0, CONTROL_PLANES, 2 + cluster);
  }

  Addresses node(int network, int number) {
    return at(network, NODES, number);
  }

  Addresses vm(int network, int number) {
    return at(network, VMS, number);
  }

  Addresses client(int network, int number) {
    return at(network, CLIENTS, number);
  }

  Addresses owner() {
    return at(0, OWNER, 1);
  }

  /// The whole of a network, as CIDRs.
  Addresses subnet(int network) {
    return new Addresses(
        "10." + octet + "." + 16 * check("network", network, NETWORKS) + ".0/" + PREFIX_V4,
        prefix(network) + "::/" + PREFIX_V6);
  }

  /// The part of a network that the lab gives to nobody, as CIDRs: for address pools.
  Addresses free(int network) {
    return new Addresses(
        "10." + octet + "." + (16 * check("network", network, NETWORKS) + 8) + ".0/21",
        prefix(network) + "::8:0/112");
  }

  /// The n-th address of [#free], n ≥ 1.
  Addresses free(int network, int n) {
    return at(network, 8, n);
  }

  Addresses services(int cluster) {
    check("cluster", cluster, CLUSTERS);
    return new Addresses(
        "10." + octet + "." + (128 + 8 * cluster) + ".0/21", prefix(0x80 + cluster) + "::/112");
  }

  Addresses pods(int cluster) {
    check("cluster", cluster, CLUSTERS);
    return new Addresses(
        "10." + octet + "." + (192 + 8 * cluster) + ".0/21",
        prefix((0xc0 + cluster) << 8) + "::/56");
  }

  /// The n-th pod network of a cluster (n ≥ 0), as CIDRs `/26` and `/64`.
  Addresses podNetwork(int cluster, int n) {
    return new Addresses(pod(cluster, n, 0).ipv4() + "/26", podPrefix(cluster, n) + "::/64");
  }

  /// Address of a pod; number 1 is the gateway on its node.
  Addresses pod(int cluster, int n, int number) {
    check("cluster", cluster, CLUSTERS);
    check("node of a cluster", n, NODES_PER_CLUSTER);
    check("pod of a node", number, 63);
    int offset = n * 64 + number;
    return new Addresses(
        "10." + octet + "." + (192 + 8 * cluster + offset / 256) + "." + offset % 256,
        podPrefix(cluster, n) + "::" + Integer.toHexString(number));
  }

  /// A locally administered unicast MAC, unique within the lab.
  String mac(int kind, int number) {
    return "02:%s:%s:%02x:%02x:%02x"
        .formatted(
            id.substring(0, 2), id.substring(2, 4), kind, (number >> 8) & 0xff, number & 0xff);
  }

  private Addresses at(int network, int part, int number) {
    check("network", network, NETWORKS);
    check("number", number, 250);
    return new Addresses(
        "10." + octet + "." + (16 * network + part) + "." + number,
        prefix(network)
            + "::"
            + (part == 0 ? "" : Integer.toHexString(part) + ":")
            + Integer.toHexString(number));
  }

  private String podPrefix(int cluster, int n) {
    return prefix(((0xc0 + cluster) << 8) + n);
  }

  private String prefix(int subnet) {
    return "fd7a:6c61:"
        + Integer.toHexString(HexFormat.fromHexDigits(id))
        + (subnet == 0 ? "" : ":" + Integer.toHexString(subnet));
  }

  private static int check(String what, int value, int bound) {
    if (value < 0 || value >= bound) {
      throw new IllegalArgumentException(
          "a lab has room for " + bound + " of \"" + what + "\", asked for number " + value);
    }
    return value;
  }
}
