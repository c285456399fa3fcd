/// Whether a server lets the program do what it will have to do.
///
/// Asks at the start and as long as something is missing, and says which verbs of which resource
/// are; never does anything else. Start at [dev.thresher.ccm.rights.RightsCheck].
@NullMarked
package dev.thresher.ccm.rights;

import org.jspecify.annotations.NullMarked;
