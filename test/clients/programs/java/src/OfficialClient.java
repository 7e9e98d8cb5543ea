import io.kubernetes.client.Exec;
import io.kubernetes.client.PodLogs;
import io.kubernetes.client.PortForward;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.Configuration;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.util.ClientBuilder;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/** io.kubernetes:client-java */
public final class OfficialClient {
  public static void main(String[] arguments) throws Exception {
    ApiClient client = ClientBuilder.standard().build();
    Configuration.setDefaultApiClient(client);
    CoreV1Api api = new CoreV1Api(client);
    Report.operation("get", () -> api.readNamespace("default").execute().getMetadata().getName());
    Report.operation("list", () -> "" + api.listNamespacedConfigMap("bulk").execute().getItems().size());
    Report.operation(
        "logs",
        () -> {
          try (InputStream log = new PodLogs(client).streamNamespacedPodLog("default", "p", "c")) {
            return Report.eighthLine(log);
          }
        });
    Report.operation(
        "exec",
        () -> {
          Process running = new Exec(client).exec("default", "p", new String[] {"echo", "hello"}, "c", false, false);
          String out = new String(running.getInputStream().readAllBytes()).trim();
          if (out.isEmpty()) throw new IllegalStateException("no output");
          return out;
        });
    Report.operation(
        "port-forward",
        () -> {
          PortForward.PortForwardResult forward = new PortForward(client).forward("default", "p", List.of(8080));
          OutputStream out = forward.getOutboundStream(8080);
          out.write("GET /x HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n".getBytes());
          out.flush();
          byte[] answer = new byte[1000];
          int size = 0;
          InputStream in = forward.getInputStream(8080);
          for (int read; (read = in.read(answer, size, answer.length - size)) > 0; ) {
            size += read;
            if (new String(answer, 0, size).contains("\r\n\r\nthe pod")) break;
          }
          return new String(answer, 0, size).split("\r\n\r\n", 2)[1].trim();
        });
    System.exit(0);
  }
}
