package dev.thresher.loadbalancer.rules;

import java.util.List;

/// What a part of an object says, and what of that makes no sense.
///
/// @param value the part that can be understood, with the default for the rest
/// @param violations what cannot be understood
public record Reading<T>(T value, List<Violation> violations) {

  public Reading {
    violations = List.copyOf(violations);
  }

  static <T> Reading<T> good(T value) {
    return new Reading<>(value, List.of());
  }

  static <T> Reading<T> bad(T otherwise, Violation violation) {
    return new Reading<>(otherwise, List.of(violation));
  }
}
