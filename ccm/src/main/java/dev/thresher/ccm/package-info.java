/// The cloud controller manager of a guest cluster.
///
/// `cloudprovider` says what a cloud must be able to do, `controllers` decide when it is asked and
/// write the guest's Nodes and Services, `harvester` is the one cloud built in, `app` puts a
/// program together. The first two know nothing of the third; a test holds that.
@NullMarked
package dev.thresher.ccm;

import org.jspecify.annotations.NullMarked;
