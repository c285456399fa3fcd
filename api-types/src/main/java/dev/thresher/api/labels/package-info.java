/// Which objects are meant by their labels, in the text form that people write.
///
/// This package decides whether a text is a label selector and what it selects. It knows no objects
/// and no API server. Start at [dev.thresher.api.labels.LabelSelector].
@NullMarked
package dev.thresher.api.labels;

import org.jspecify.annotations.NullMarked;
