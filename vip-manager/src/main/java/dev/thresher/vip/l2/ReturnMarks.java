package dev.thresher.vip.l2;

import java.util.Map;

/// Has the kernel mark connections by the interface that they came in by.
public interface ReturnMarks {

  /// Replaces what was marked before.
  ///
  /// @param numbers by index of an interface; none: nothing is marked
  /// @throws IllegalStateException if the kernel refuses
  void mark(Map<Integer, Integer> numbers);
}
