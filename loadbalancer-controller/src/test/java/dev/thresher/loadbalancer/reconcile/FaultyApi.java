package dev.thresher.loadbalancer.reconcile;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.client.ForwardingKubeApi;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.common.KubernetesObject;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// An API server to which something happens at one certain write.
public final class FaultyApi extends ForwardingKubeApi {

  /// What happens.
  public enum Fault {
    /// The process dies before the write is sent.
    KILLED_BEFORE,
    /// The process dies after the write was done.
    KILLED_AFTER,
    /// The write never arrives.
    LOST,
    /// The write is done, its answer is lost.
    ANSWER_LOST;

    boolean kills() {
      return this == KILLED_BEFORE || this == KILLED_AFTER;
    }
  }

  /// The end of the process.
  public static final class Killed extends Error {
    private static final long serialVersionUID = 1;
  }

  private final Fault fault;
  private int left;
  private boolean happened;

  /// @param write which write, from 1
  public FaultyApi(KubeApi api, Fault fault, int write) {
    super(api);
    this.fault = fault;
    this.left = write;
  }

  /// Whether it came to that write.
  public boolean happened() {
    return happened;
  }

  private <T> T write(Supplier<T> write) {
    if (--left != 0) {
      return write.get();
    }
    happened = true;
    if (fault == Fault.KILLED_AFTER || fault == Fault.ANSWER_LOST) {
      var _ = write.get();
    }
    if (fault.kills()) {
      throw new Killed();
    }
    throw FakeKubeApi.exception(Reason.UNREACHABLE, "no answer");
  }

  @Override
  public <T extends KubernetesObject> T create(ResourceType<T> type, T object) {
    return write(() -> super.create(type, object));
  }

  @Override
  public <T extends KubernetesObject> T createJson(
      ResourceType<T> type, String namespace, JsonObject object) {
    return write(() -> super.createJson(type, namespace, object));
  }

  @Override
  public <T extends KubernetesObject> Optional<T> patch(
      ResourceType<T> type, ObjectKey key, Patch patch) {
    return write(() -> super.patch(type, key, patch));
  }

  @Override
  public <T extends KubernetesObject> Optional<T> replaceJson(
      ResourceType<T> type, ObjectKey key, JsonObject whole) {
    return write(() -> super.replaceJson(type, key, whole));
  }

  @Override
  public boolean delete(ResourceType<?> type, ObjectKey key, Precondition precondition) {
    return write(() -> super.delete(type, key, precondition));
  }

  @Override
  public KubeApi fenced(BooleanSupplier mayWrite) {
    return this;
  }

  @Override
  public KubeApi urgent() {
    return this;
  }
}
