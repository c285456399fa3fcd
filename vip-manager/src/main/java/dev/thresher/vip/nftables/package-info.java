/// nftables as messages: tables, chains, sets, rules and their expressions, encoded into the batch
/// that the kernel applies as one transaction. Decides nothing about which rules there are and does
/// no I/O. Start reading at [Batch]; the numbers are those of `linux/netfilter/nf_tables.h`.
@NullMarked
package dev.thresher.vip.nftables;

import org.jspecify.annotations.NullMarked;
