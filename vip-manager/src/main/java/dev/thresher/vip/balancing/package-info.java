/// Spreading connections to the control plane's address over the API servers that are well, by
/// destination NAT in the kernel. Decides which servers these are and writes the rules; never who
/// may hold the address, and never touches tables of others. Start reading at [BalanceRules] for
/// what the kernel does, at [ApiServers] for which servers there are.
@NullMarked
package dev.thresher.vip.balancing;

import org.jspecify.annotations.NullMarked;
