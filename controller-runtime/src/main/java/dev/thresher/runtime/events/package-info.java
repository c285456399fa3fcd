/// Kubernetes Events: what a person who looks at an object should know.
///
/// Repeats become a series, floods are held back per object, and a failure to write an Event never
/// fails anything else. Start at [dev.thresher.runtime.events.EventRecorder].
@NullMarked
package dev.thresher.runtime.events;

import org.jspecify.annotations.NullMarked;
