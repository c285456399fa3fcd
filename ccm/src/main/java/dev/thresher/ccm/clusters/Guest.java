package dev.thresher.ccm.clusters;

import jakarta.inject.Qualifier;
import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/// Of the cluster whose nodes are virtual machines: the program's own.
@Qualifier
@Documented
@Retention(RetentionPolicy.RUNTIME)
public @interface Guest {}
