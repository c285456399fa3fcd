package dev.thresher.vip.linux;

/// Why a system call failed.
///
/// @param code the positive error number; the values are those of `asm-generic/errno`
public record Errno(int code) {
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int ESRCH = 3;
  static final int EINTR = 4;
  static final int ENXIO = 6;
  static final int EAGAIN = 11;
  static final int ENOMEM = 12;
  static final int EACCES = 13;
  static final int EEXIST = 17;
  static final int ENODEV = 19;
  static final int EINVAL = 22;
  static final int EMSGSIZE = 90;
  static final int EPROTONOSUPPORT = 93;
  static final int EOPNOTSUPP = 95;
  static final int EAFNOSUPPORT = 97;
  static final int EADDRINUSE = 98;
  static final int EADDRNOTAVAIL = 99;
  static final int ENETDOWN = 100;
  static final int ENOBUFS = 105;
  static final int ETIMEDOUT = 110;

  /// Not permitted: a capability is missing, or somebody else owns the object.
  public boolean isNotPermitted() {
    return code == EPERM || code == EACCES;
  }

  /// The kernel knows no such operation.
  public boolean isUnsupported() {
    return code == EOPNOTSUPP || code == EINVAL || code == EPROTONOSUPPORT || code == EAFNOSUPPORT;
  }

  /// The thing named is not there.
  public boolean isAbsent() {
    return code == ENOENT || code == ESRCH || code == ENODEV || code == ENXIO;
  }

  /// The thing to be made is there already.
  public boolean isPresentAlready() {
    return code == EEXIST;
  }

  /// A queue is full, or a packet was dropped by a gate of ours.
  public boolean isDropped() {
    return code == ENOBUFS;
  }

  /// The interface carries no frames.
  public boolean isLinkDown() {
    return code == ENETDOWN;
  }

  @Override
  public String toString() {
    return switch (code) {
      case EPERM -> "EPERM";
      case ENOENT -> "ENOENT";
      case ESRCH -> "ESRCH";
      case EINTR -> "EINTR";
      case ENXIO -> "ENXIO";
      case EAGAIN -> "EAGAIN";
      case ENOMEM -> "ENOMEM";
      case EACCES -> "EACCES";
      case EEXIST -> "EEXIST";
      case ENODEV -> "ENODEV";
      case EINVAL -> "EINVAL";
      case EMSGSIZE -> "EMSGSIZE";
      case EPROTONOSUPPORT -> "EPROTONOSUPPORT";
      case EOPNOTSUPP -> "EOPNOTSUPP";
      case EAFNOSUPPORT -> "EAFNOSUPPORT";
      case EADDRINUSE -> "EADDRINUSE";
      case EADDRNOTAVAIL -> "EADDRNOTAVAIL";
      case ENETDOWN -> "ENETDOWN";
      case ENOBUFS -> "ENOBUFS";
      case ETIMEDOUT -> "ETIMEDOUT";
      default -> "errno " + code;
    };
  }
}
