package dev.thresher.runtime.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// What a flag has beyond picocli's `@Option`.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface Flag {

  /// The environment variable that gives the value when the flag is not given. An empty variable
  /// counts as unset.
  String env() default "";

  /// Its value never appears in `/configz` or a log.
  boolean secret() default false;
}
