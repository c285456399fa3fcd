/// A Kubernetes API server for tests and for training the start of the programs.
///
/// One store holds the objects and the rules: versions, conflicts, finalizers, subresources,
/// watches, compaction. It is reached over HTTP ([dev.thresher.runtime.fake.FakeApiServer]) to test
/// what speaks HTTP, or directly and synchronously ([dev.thresher.runtime.fake.FakeKubeApi],
/// [dev.thresher.runtime.fake.FakeInformers]) to test what decides. It validates nothing and grants
/// everything.
@NullMarked
package dev.thresher.runtime.fake;

import org.jspecify.annotations.NullMarked;
