package dev.thresher.vip.majority;

import dev.thresher.vip.lease.VoterRecord;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes the record of voters into this node's file, on a thread of its own: heartbeats must not
/// wait for a slow disk, and a full one must not end them. What cannot be written is tried again
/// every second, unless a later record has come. Thread-safe.
final class RecordKeeper {

  /// Reason of what is told when the record cannot be written.
  static final String UNKEPT = "VoterRecordUnkept";

  private static final Logger LOG = LoggerFactory.getLogger(RecordKeeper.class);
  private static final long AGAIN_NANOS = 1_000_000_000L;

  private final Optional<VoterFile> file;
  private final Consumer<VoterRecord> kept;
  private final BiConsumer<String, String> warn;
  private final Consumer<Boolean> failing;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable VoterRecord next;
  private boolean writing;
  private boolean stopped;

  // The thread's own.
  private boolean told;

  /// @param file empty where nothing outlasts the process
  /// @param kept hears of each record that outlasts a crash now
  /// @param warn hears a reason and a message that people should see at this node
  /// @param failing hears whether a record waits because it cannot be written
  RecordKeeper(
      Optional<VoterFile> file,
      Consumer<VoterRecord> kept,
      BiConsumer<String, String> warn,
      Consumer<Boolean> failing) {
    this.file = file;
    this.kept = kept;
    this.warn = warn;
    this.failing = failing;
  }

  /// Never blocks.
  void keep(VoterRecord record) {
    if (file.isEmpty()) {
      kept.accept(record);
      return;
    }
    lock.lock();
    try {
      next = record;
      changed.signal();
      if (!writing) {
        writing = true;
        Thread.ofPlatform().name("vip-voters-file").daemon(true).start(() -> writeAll(file.get()));
      }
    } finally {
      lock.unlock();
    }
  }

  /// Tries no more.
  void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void writeAll(VoterFile to) {
    for (VoterRecord record = take(); record != null; record = take()) {
      try {
        to.write(record);
        succeeded();
        kept.accept(record);
      } catch (IOException | RuntimeException e) {
        failed(record, to, e);
        if (!again(record)) {
          return;
        }
      }
    }
  }

  private @Nullable VoterRecord take() {
    lock.lock();
    try {
      VoterRecord taken = stopped ? null : next;
      next = null;
      writing = taken != null;
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /// Waits until it is time to try again, or there is a later one.
  private boolean again(VoterRecord record) {
    lock.lock();
    try {
      long left = AGAIN_NANOS;
      while (next == null && !stopped && left > 0) {
        left = changed.awaitNanos(left);
      }
      if (next == null) {
        next = record;
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      writing = false;
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void succeeded() {
    if (told) {
      told = false;
      failing.accept(false);
      LOG.atInfo().log("the record of voters can be written again");
    }
  }

  private void failed(VoterRecord record, VoterFile to, Exception e) {
    if (!told) {
      told = true;
      failing.accept(true);
      warn.accept(
          UNKEPT,
          "version "
              + record.version()
              + " of the record of voters cannot be written to "
              + to.path()
              + " ("
              + e
              + "), so this node does not follow it: it neither votes nor holds an address under"
              + " it. Make room there or mend the disk; it is tried again every second");
    }
  }
}
