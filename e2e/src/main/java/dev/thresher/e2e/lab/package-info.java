/// The lab: real control planes, kube-proxies, VMs and clients in network namespaces of one
/// machine.
///
/// It decides what a lab looks like, starts it, breaks it on demand and removes it without
/// leftovers, for the demo, the tests and the benchmarks alike. It never starts Thresher's own
/// programs by itself and asserts nothing. Start at [dev.thresher.e2e.lab.Lab]; what runs inside
/// the namespaces is described in `hack/lab`.
@NullMarked
package dev.thresher.e2e.lab;

import org.jspecify.annotations.NullMarked;
