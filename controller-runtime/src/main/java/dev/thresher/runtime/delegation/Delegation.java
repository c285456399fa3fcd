package dev.thresher.runtime.delegation;

import dev.thresher.runtime.client.ClientConfig;

/// How a program delegates the question who its clients are and what they may.
///
/// @param authentication the API server that knows them
/// @param authorization the API server that knows what they may
public record Delegation(
    AuthenticationSettings authenticating,
    ReviewSettings reviews,
    ClientConfig authentication,
    ClientConfig authorization) {}
