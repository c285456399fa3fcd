package dev.thresher.runtime.tls;

import org.jspecify.annotations.Nullable;

/// A certificate or key that cannot be used. The message names the file and what is wrong with it.
public final class CertificateException extends RuntimeException {
  public CertificateException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
