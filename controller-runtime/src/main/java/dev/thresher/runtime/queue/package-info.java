/// The queue of keys between watching and working.
///
/// A key is worked on by one worker at a time; adding it again while it waits is one piece of work,
/// while it is worked on is one more afterwards. Nothing that was added or scheduled is ever lost.
/// Start at [dev.thresher.runtime.queue.KeyedQueue].
@NullMarked
package dev.thresher.runtime.queue;

import org.jspecify.annotations.NullMarked;
