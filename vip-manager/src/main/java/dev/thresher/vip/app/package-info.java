/// The program: command line and environment in kube-vip's manner, and the parts put together in
/// the order in which they start.
///
/// [Settings] is the one table of all settings: it drives parsing, refusal and the reference page.
/// Nothing is decided here about addresses. Start at [VipManagerMain] and [VipManagerComponent].
@NullMarked
package dev.thresher.vip.app;

import org.jspecify.annotations.NullMarked;
