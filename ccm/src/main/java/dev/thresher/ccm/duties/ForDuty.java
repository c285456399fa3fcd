package dev.thresher.ccm.duties;

import jakarta.inject.Qualifier;
import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/// For one duty alone: its leadership, and the guest's API with writes while it is held.
@Qualifier
@Documented
@Retention(RetentionPolicy.RUNTIME)
public @interface ForDuty {
  Duty value();
}
