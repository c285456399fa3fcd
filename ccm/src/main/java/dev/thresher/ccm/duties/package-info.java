/// The four things that the controllers of a cloud controller manager do: their names, and for each
/// the lease under which this program does it.
///
/// Decides which duty needs which lease when controllers move from one program to another; never
/// what a controller does. Start at [dev.thresher.ccm.duties.Duty] and
/// [dev.thresher.ccm.duties.LeaderMigration].
@NullMarked
package dev.thresher.ccm.duties;

import org.jspecify.annotations.NullMarked;
