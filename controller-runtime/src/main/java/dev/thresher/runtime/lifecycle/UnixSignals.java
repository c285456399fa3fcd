package dev.thresher.runtime.lifecycle;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/// Handlers for UNIX signals through `sun.misc.Signal`.
///
/// By reflection: the class lives in `jdk.unsupported`, a direct use is a compiler warning that
/// cannot be switched off, and a trimmed runtime image may lack it.
final class UnixSignals {

  private UnixSignals() {}

  /// @param name without `SIG`
  /// @return false if this runtime cannot do it
  static boolean handle(String name, Runnable handler) {
    try {
      Class<?> signalType = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object signal = signalType.getConstructor(String.class).newInstance(name);
      Object proxy =
          Proxy.newProxyInstance(
              UnixSignals.class.getClassLoader(),
              new Class<?>[] {handlerType},
              (self, method, args) -> answer(self, method, args, handler));
      signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, proxy);
      return true;
    } catch (ReflectiveOperationException | IllegalArgumentException _) {
      return false;
    }
  }

  @SuppressWarnings("UnusedVariable") // the signature of InvocationHandler
  private static Object answer(Object self, Method method, Object[] args, Runnable handler) {
    return switch (method.getName()) {
      case "handle" -> {
        handler.run();
        yield Void.TYPE;
      }
      case "equals" -> System.identityHashCode(self) == System.identityHashCode(args[0]);
      case "hashCode" -> System.identityHashCode(self);
      default -> "signal handler";
    };
  }
}
