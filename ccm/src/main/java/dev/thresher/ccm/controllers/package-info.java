/// The controllers of the cloud-provider framework, one package each.
///
/// They behave as those of kubernetes/cloud-provider 0.36 do, seen from outside: the same taints,
/// labels, finalizer, events and order of steps. They decide what to ask of a cloud and write the
/// answer into Nodes and Services; they know no cloud in particular.
@NullMarked
package dev.thresher.ccm.controllers;

import org.jspecify.annotations.NullMarked;
