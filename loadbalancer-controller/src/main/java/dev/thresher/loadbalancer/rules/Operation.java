package dev.thresher.loadbalancer.rules;

/// What somebody wants to do with an object.
public sealed interface Operation<T> {

  record Create<T>(T object) implements Operation<T> {}

  record Update<T>(T before, T after) implements Operation<T> {}

  record Delete<T>(T object) implements Operation<T> {}
}
