package dev.thresher.ccm.clusters;

import jakarta.inject.Qualifier;
import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/// Of the guest, as whoever reads it for all controllers: what the caches are filled with.
@Qualifier
@Documented
@Retention(RetentionPolicy.RUNTIME)
public @interface GuestReads {}
