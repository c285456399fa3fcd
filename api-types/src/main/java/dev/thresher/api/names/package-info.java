/// The words of the contract: every label, annotation, finalizer, taint and lease name that the
/// programs read or write, each with its source.
///
/// One class per owner of the names. All that is computed here is the name of a Service's load
/// balancer, which is part of the contract, and whether a word can be a name. Start at
/// [dev.thresher.api.names.ThresherNames] for our own domain,
/// [dev.thresher.api.names.HarvesterNames] and [dev.thresher.api.names.KubeVipNames] for the
/// contracts kept byte for byte.
@NullMarked
package dev.thresher.api.names;

import org.jspecify.annotations.NullMarked;
