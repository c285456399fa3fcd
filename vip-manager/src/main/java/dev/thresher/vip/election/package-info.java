/// Who should hold an address, and who may.
///
/// *Choice* says who should: a pure function of live nodes, addresses and present holders
/// ([Choice]). *Right* says who may ([Right]); here it comes from Leases in the API server together
/// with proof of death from the mesh ([LeaseRight], whose decisions are those of [RightMachine] and
/// [RecordPlan]). Two nodes whose snapshots disagree about the choice lose time; the right alone
/// keeps an address from having two holders. This package never touches the network interface: it
/// says "granted" and "revoked". Start at [Choice] and [RightMachine].
@NullMarked
package dev.thresher.vip.election;

import org.jspecify.annotations.NullMarked;
