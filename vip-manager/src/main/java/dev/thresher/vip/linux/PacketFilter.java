package dev.thresher.vip.linux;

import java.util.List;

/// A classic BPF program (`linux/filter.h`) that a packet socket runs on each frame, beginning at
/// the Ethernet header: what is not wanted never wakes the process.
///
/// @param instructions in order; jumps go forward only
public record PacketFilter(List<Instruction> instructions) {

  /// One instruction (`struct sock_filter`).
  ///
  /// @param code operation
  /// @param ifTrue instructions to skip
  /// @param ifFalse instructions to skip
  /// @param operand of the operation
  public record Instruction(int code, int ifTrue, int ifFalse, int operand) {}

  private static final int LOAD_OCTET = 0x30;
  private static final int LOAD_HALF = 0x28;
  private static final int LOAD_OCTET_INDEXED = 0x50;
  private static final int LOAD_IPV4_HEADER_LENGTH = 0xb1;
  private static final int JUMP_IF_EQUAL = 0x15;
  private static final int JUMP_IF_ANY_BIT = 0x45;
  private static final int RETURN = 0x06;

  private static final int ETHERNET = 14;
  private static final int WHOLE_FRAME = 0x40000;

  public PacketFilter {
    instructions = List.copyOf(instructions);
  }

  /// Every frame of the socket's EtherType.
  public static final PacketFilter ALL =
      new PacketFilter(List.of(new Instruction(RETURN, 0, 0, WHOLE_FRAME)));

  /// ICMP echo requests, unfragmented.
  public static final PacketFilter ECHO_REQUESTS_V4 =
      new PacketFilter(
          List.of(
              new Instruction(LOAD_OCTET, 0, 0, ETHERNET + 9),
              new Instruction(JUMP_IF_EQUAL, 0, 6, 1),
              new Instruction(LOAD_HALF, 0, 0, ETHERNET + 6),
              new Instruction(JUMP_IF_ANY_BIT, 4, 0, 0x3fff),
              new Instruction(LOAD_IPV4_HEADER_LENGTH, 0, 0, ETHERNET),
              new Instruction(LOAD_OCTET_INDEXED, 0, 0, ETHERNET),
              new Instruction(JUMP_IF_EQUAL, 0, 1, 8),
              new Instruction(RETURN, 0, 0, WHOLE_FRAME),
              new Instruction(RETURN, 0, 0, 0)));

  /// ICMPv6 echo requests, neighbour solicitations and advertisements, without extension headers.
  public static final PacketFilter NEIGHBOR_DISCOVERY_AND_ECHO_REQUESTS =
      new PacketFilter(
          List.of(
              new Instruction(LOAD_OCTET, 0, 0, ETHERNET + 6),
              new Instruction(JUMP_IF_EQUAL, 0, 5, 58),
              new Instruction(LOAD_OCTET, 0, 0, ETHERNET + 40),
              new Instruction(JUMP_IF_EQUAL, 2, 0, 135),
              new Instruction(JUMP_IF_EQUAL, 1, 0, 136),
              new Instruction(JUMP_IF_EQUAL, 0, 1, 128),
              new Instruction(RETURN, 0, 0, WHOLE_FRAME),
              new Instruction(RETURN, 0, 0, 0)));
}
