package dev.thresher.ccm.clusters;

import jakarta.inject.Qualifier;
import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/// Of the cluster that runs the virtual machines: the one in the cloud config.
@Qualifier
@Documented
@Retention(RetentionPolicy.RUNTIME)
public @interface Host {}
