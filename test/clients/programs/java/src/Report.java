import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Reports what a client does: a line of JSON for each operation. */
final class Report {
  private Report() {}

  static void operation(String name, Callable<String> run) {
    ExecutorService thread =
        Executors.newSingleThreadExecutor(
            (task) -> {
              Thread daemon = new Thread(task);
              daemon.setDaemon(true);
              return daemon;
            });
    String key = "value";
    String text;
    try {
      text = thread.submit(run).get(40, TimeUnit.SECONDS);
    } catch (Throwable error) {
      key = "error";
      text = failure(error);
    }
    System.out.println("{\"operation\":" + quote(name) + ",\"" + key + "\":" + quote(text) + "}");
  }

  /** The whole chain: libraries wrap what happened. */
  static String failure(Throwable error) {
    StringBuilder text = new StringBuilder();
    int depth = 0;
    for (Throwable one = error; one != null && depth < 8; one = one.getCause(), depth++)
      text.append(depth == 0 ? "" : " / ").append(one.getClass().getSimpleName()).append(": ").append(one.getMessage());
    return text.toString();
  }

  static String eighthLine(InputStream stream) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(stream));
    String line = null;
    for (int at = 0; at < 8; at++) line = lines.readLine();
    return line;
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char one : String.valueOf(text).toCharArray()) {
      if (one == '"' || one == '\\') quoted.append('\\').append(one);
      else quoted.append(one < ' ' ? ' ' : one);
    }
    return quoted.append('"').toString();
  }
}
