/// The format in which Linux is asked and answers: netlink messages and their attributes, encoded
/// to and decoded from byte arrays. Knows no subsystem and does no I/O. Start reading at
/// [NetlinkMessage].
@NullMarked
package dev.thresher.vip.netlink;

import org.jspecify.annotations.NullMarked;
