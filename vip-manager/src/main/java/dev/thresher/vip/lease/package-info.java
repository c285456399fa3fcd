/// Who may hold an address, by the word of a majority of voters.
///
/// Each node asks the voters for a *lease of the node* with every heartbeat, and names the set of
/// addresses that it holds or wants under it; a majority's answers make the lease run for the time
/// F from the moment the heartbeat was sent ([Holding]). A voter promises no address twice
/// ([Voting]); who votes is a versioned record that changes by one member at a time ([VoterRecord],
/// [Adoption]). [LeaseMachine] puts the parts of one node together. Everything here is events in,
/// actions out: no clock is read, no thread started, no packet sent, no file written, and nothing
/// is said about who *should* hold an address. Start at [LeaseMachine], then [Holding].
@NullMarked
package dev.thresher.vip.lease;

import org.jspecify.annotations.NullMarked;
