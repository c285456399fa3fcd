package dev.thresher.e2e.lab;

import com.google.gson.annotations.SerializedName;
import org.jspecify.annotations.Nullable;

/// One question of a probe and what became of it.
///
/// Times are those of `System.nanoTime` on this machine.
///
/// @param id counts from 0
/// @param startNanos when it was asked
/// @param endNanos when it was answered or given up
/// @param ok an answer came (HTTP: with a status below 500)
/// @param status HTTP status, 0 without an answer
/// @param body the answer, up to 16 MiB; of a longer one there is an error
/// @param backend who answered: name of the pod
/// @param error why there was no answer
public record Attempt(
    long id,
    @SerializedName("start") long startNanos,
    @SerializedName("end") long endNanos,
    boolean ok,
    int status,
    @Nullable String body,
    @Nullable String backend,
    @Nullable String error) {}
