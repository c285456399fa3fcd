/// The right as kube-vip gives it, for clusters where only kube-vip's manifest and role are there,
/// or where kube-vip still runs on some nodes: whoever holds kube-vip's Lease may answer.
///
/// [LeaseNames] says which Leases an address needs, [Contests] decides about them (what to write,
/// what may be answered) on times that are handed in, [KubeVipRight] is the same with a clock, a
/// thread and I/O. Nothing here says who *should* hold an address: who asks first gets it, as among
/// kube-vips. Start at [Contests].
@NullMarked
package dev.thresher.vip.kubevip;

import org.jspecify.annotations.NullMarked;
