/// A cloud in memory, for tests of controllers and for those who write a provider.
///
/// It does what it is told, notes every call and reports changes when asked to. It decides nothing.
/// Start at [dev.thresher.ccm.cloudprovider.fake.FakeCloudProvider].
@NullMarked
package dev.thresher.ccm.cloudprovider.fake;

import org.jspecify.annotations.NullMarked;
