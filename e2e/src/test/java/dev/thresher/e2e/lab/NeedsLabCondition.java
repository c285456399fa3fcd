package dev.thresher.e2e.lab;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/// Skips tests where no lab can run, and counts them; keeps the logs of labs in which a test
/// failed.
final class NeedsLabCondition
    implements ExecutionCondition,
        TestExecutionExceptionHandler,
        LifecycleMethodExecutionExceptionHandler {
  private static final String WHY = Lab.obstacle().orElse("");

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (WHY.isEmpty()) {
      return ConditionEvaluationResult.enabled("a lab can run here");
    }
    Optional<Class<?>> type = context.getTestClass();
    if (type.isPresent() && context.getTestMethod().isEmpty()) {
      Skipped skipped =
          context
              .getRoot()
              .getStore(Namespace.create(NeedsLabCondition.class))
              .computeIfAbsent("skipped", _ -> new Skipped(), Skipped.class);
      skipped.count.addAndGet(tests(type.get()));
    }
    return ConditionEvaluationResult.disabled("no lab here: " + WHY);
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable problem)
      throws Throwable {
    throw keepingLogs(context, problem);
  }

  @Override
  public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable problem)
      throws Throwable {
    throw keepingLogs(context, problem);
  }

  @Override
  public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable problem)
      throws Throwable {
    throw keepingLogs(context, problem);
  }

  @Override
  public void handleAfterEachMethodExecutionException(ExtensionContext context, Throwable problem)
      throws Throwable {
    throw keepingLogs(context, problem);
  }

  private static Throwable keepingLogs(ExtensionContext context, Throwable problem) {
    for (Lab lab : Lab.open()) {
      lab.keepLogs();
      System.err.println(
          "*** " + context.getDisplayName() + " failed; logs of the lab: " + lab.directory());
    }
    return problem;
  }

  private static long tests(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter((Method m) -> m.isAnnotationPresent(Test.class))
        .count();
  }

  private static final class Skipped implements AutoCloseable {
    private final AtomicLong count = new AtomicLong();

    @Override
    public void close() {
      System.err.println(
          "\n*** LAB TESTS SKIPPED: "
              + count.get()
              + " tests need a lab, and there is none: "
              + WHY
              + "\n");
    }
  }
}
