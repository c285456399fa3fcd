package dev.thresher.runtime.logging;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.Encoder;
import net.logstash.logback.encoder.LogstashEncoder;
import net.logstash.logback.fieldnames.LogstashFieldNames;

/// JSON output. The only class that touches the JSON libraries.
final class JsonLines {

  private JsonLines() {}

  static Encoder<ILoggingEvent> encoder(LoggerContext context) {
    var names = new LogstashFieldNames();
    names.setTimestamp("ts");
    names.setMessage("msg");
    names.setLogger("logger");
    names.setStackTrace("stack");
    names.setVersion("[ignore]");
    names.setLevelValue("[ignore]");
    names.setThread("[ignore]");
    var encoder = new LogstashEncoder();
    encoder.setContext(context);
    encoder.setFieldNames(names);
    encoder.setTimeZone("UTC");
    encoder.start();
    return encoder;
  }
}
