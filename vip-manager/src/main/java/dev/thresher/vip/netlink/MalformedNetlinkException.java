package dev.thresher.vip.netlink;

/// Octets from the kernel that are no netlink message: a defect here, or a kernel we do not know.
public final class MalformedNetlinkException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// @param message what was read and where
  public MalformedNetlinkException(String message) {
    super(message);
  }
}
