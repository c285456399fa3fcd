/// Addresses, subnets and ranges of both families as values.
///
/// This package decides what text is an address, how an address is written, and what lies in a
/// range. It never resolves a name, never touches a network card and never walks a range that
/// nobody asked it to walk. Start at [dev.thresher.api.address.IpAddress] and
/// [dev.thresher.api.address.IpRange].
@NullMarked
package dev.thresher.api.address;

import org.jspecify.annotations.NullMarked;
