/// What a cloud must be able to do for the controllers, and nothing about any cloud.
///
/// A provider answers questions and carries out wishes; it never decides when to be asked, never
/// writes a guest Node or Service, and never waits: what takes time is an outcome, and the provider
/// says later that it is time to ask again. Absence is an outcome too, never an exception; an
/// exception always means that the question could not be answered. Start at
/// [dev.thresher.ccm.cloudprovider.CloudProvider]; a double for tests is in `fake`.
@NullMarked
package dev.thresher.ccm.cloudprovider;

import org.jspecify.annotations.NullMarked;
