/// From Services to held addresses, and back to their status.
///
/// [ServiceReader] says what one Service asks for, [Desired] puts all of them together, the choice
/// and the right of `election` say what of it this node may hold, [AddressKeeper] has it answered
/// by the enforcement, [ServiceStatus] tells the world. This package never decides who may hold an
/// address, and only the holder writes a Service. Start at [ServiceReader] and [Ownership].
@NullMarked
package dev.thresher.vip.services;

import org.jspecify.annotations.NullMarked;
