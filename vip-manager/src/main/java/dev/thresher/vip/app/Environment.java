package dev.thresher.vip.app;

import jakarta.inject.Qualifier;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/// The environment variables of the process.
@Qualifier
@Retention(RetentionPolicy.RUNTIME)
@interface Environment {}
