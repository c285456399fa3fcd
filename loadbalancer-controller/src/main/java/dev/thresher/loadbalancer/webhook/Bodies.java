package dev.thresher.loadbalancer.webhook;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Reads the bodies of questions. All that are in memory together have a limit, which counts what
/// has come and not what is announced: whoever is slow keeps nobody else from being read.
/// Thread-safe.
final class Bodies {

  static final int PART = 64 << 10;

  private final Semaphore room;
  private final Duration patience;

  /// There is no room for more now.
  static final class FullException extends Exception {
    private static final long serialVersionUID = 1;

    FullException() {
      super("too many questions at a time");
    }
  }

  /// A body, which takes room until it is closed.
  final class Body implements AutoCloseable {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private int parts;

    byte[] bytes() {
      return bytes.toByteArray();
    }

    @Override
    public void close() {
      room.release(parts);
      parts = 0;
    }
  }

  /// @param parts how many parts of [#PART] bytes there may be at a time
  /// @param patience how long to wait for room
  Bodies(int parts, Duration patience) {
    this.room = new Semaphore(parts);
    this.patience = patience;
  }

  /// @param limit what comes after one byte more is not read
  /// @throws IOException if the client goes away, or is cut off since it takes too long
  Body read(InputStream in, int limit) throws IOException, InterruptedException, FullException {
    var body = new Body();
    boolean done = false;
    try {
      int wanted;
      int came;
      do {
        if (!room.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
          throw new FullException();
        }
        body.parts++;
        wanted = Math.min(PART, limit + 1 - body.bytes.size());
        byte[] part = in.readNBytes(wanted);
        body.bytes.write(part);
        came = part.length;
      } while (came == wanted && body.bytes.size() <= limit);
      done = true;
      return body;
    } finally {
      if (!done) {
        body.close();
      }
    }
  }
}
