package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.common.KubernetesObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/// The cache of objects that this program was told to leave alone: it asks for none and has none.
final class Unread<T extends KubernetesObject> implements Informer<T> {

  @Override
  public Optional<T> get(ObjectKey key) {
    return Optional.empty();
  }

  @Override
  public List<T> list() {
    return List.of();
  }

  @Override
  public List<T> list(String namespace) {
    return List.of();
  }

  @Override
  public List<T> byIndex(String index, String value) {
    return List.of();
  }

  @Override
  public void addIndex(String index, Function<T, List<String>> keys) {}

  @Override
  public void onChange(Consumer<Change<T>> handler) {}

  @Override
  public void onResumed(Runnable handler) {}

  @Override
  public boolean isDefined() {
    return true;
  }

  @Override
  public void onDefined(Runnable handler) {}

  @Override
  public boolean hasSynced() {
    return true;
  }

  @Override
  public boolean awaitSync(Duration atMost) {
    return true;
  }

  @Override
  public Duration sinceLastEvent() {
    return Duration.ZERO;
  }
}
