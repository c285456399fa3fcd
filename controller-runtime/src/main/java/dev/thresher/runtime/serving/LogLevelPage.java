package dev.thresher.runtime.serving;

import dev.thresher.runtime.logging.Logging;
import dev.thresher.runtime.serving.OpsServer.Request;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `/debug/flags/v`: the verbosity of the log, to see and to change.
final class LogLevelPage {

  private static final Logger log = LoggerFactory.getLogger(LogLevelPage.class);

  private LogLevelPage() {}

  static Reply answer(Request request) {
    return switch (request.method()) {
      case "GET", "HEAD" -> Reply.text(200, Logging.verbosity() + "\n");
      case "PUT" -> set(request.body().strip());
      default -> Reply.text(405, "only GET and PUT\n");
    };
  }

  private static Reply set(String wanted) {
    if (!wanted.matches("\\d{1,3}")) {
      return Reply.text(400, "want a number from 0 to 999, got \"" + wanted + "\"\n");
    }
    int before = Logging.verbosity();
    Logging.setVerbosity(Integer.parseInt(wanted));
    log.atInfo().addKeyValue("from", before).addKeyValue("to", wanted).log("verbosity changed");
    return Reply.text(200, "successfully set verbosity to " + wanted + "\n");
  }
}
