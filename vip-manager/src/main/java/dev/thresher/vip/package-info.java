/// The holder of virtual IP addresses. This package decides nothing itself; its parts are `packet`
/// (wire formats), `netlink` and `nftables` (kernel message formats), `linux` (system calls; the
/// only one that touches native memory), `l2` (enforcement: who is answered, announced and refused
/// on layer 2), `election` (choice and right) and `services` (which addresses are wanted). Start
/// reading at [dev.thresher.vip.l2.Enforcement].
@NullMarked
package dev.thresher.vip;

import org.jspecify.annotations.NullMarked;
