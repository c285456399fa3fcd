package dev.thresher.ccm.app;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// A flag that is accepted, so that a command line of the program replaced starts unchanged, and
/// that changes nothing.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
@interface NoEffect {

  /// Why nothing is lost.
  String value();
}
