/// The right by a majority of voters, running: [dev.thresher.vip.lease.LeaseMachine] with a clock,
/// a thread, datagrams, a file and the API server.
///
/// The API server is asked for who votes, for the witness, and for where the other nodes listen; a
/// lease needs it not. No decision about leases is taken here. Start at [MajorityRight].
@NullMarked
package dev.thresher.vip.majority;

import org.jspecify.annotations.NullMarked;
