package dev.thresher.ccm.cloudprovider;

/// Whether anything of a machine runs.
///
/// A wrong [ShutDown] lets others detach the disks of a living guest, so a provider in doubt
/// answers [Undecided].
public sealed interface PowerState {

  record Running() implements PowerState {}

  record ShutDown() implements PowerState {}

  record Undecided(String why) implements PowerState {}
}
