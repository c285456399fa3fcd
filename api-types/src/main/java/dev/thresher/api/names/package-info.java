/// The words of the contract: every label, annotation, finalizer, taint and lease name that the
/// programs read or write, each with its source.
///
/// One class per owner of the names. The only thing computed here is the name of a Service's load
/// balancer, which is part of the contract. Start at [dev.thresher.api.names.ThresherNames] for our
/// own domain, [dev.thresher.api.names.HarvesterNames] and [dev.thresher.api.names.KubeVipNames]
/// for the contracts kept byte for byte.
@NullMarked
package dev.thresher.api.names;

import org.jspecify.annotations.NullMarked;
