import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.LogWatch;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.Proxy;
import java.net.URL;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The fabric8 client, on the HTTP client that is on the class path. */
public final class Fabric8 {
  public static void main(String[] arguments) {
    // Without its retries, which take minutes where a name does not resolve.
    Config config = new ConfigBuilder(Config.autoConfigure(null)).withRequestRetryBackoffLimit(0).build();
    KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build();
    PodResource pod = client.pods().inNamespace("default").withName("p");

    Report.operation("get", () -> client.namespaces().withName("default").get().getMetadata().getName());
    Report.operation("list", () -> "" + client.configMaps().inNamespace("bulk").list().getItems().size());
    Report.operation("watch", () -> watchFive(client));
    Report.operation(
        "logs",
        () -> {
          try (LogWatch log = pod.watchLog()) {
            return Report.eighthLine(log.getOutput());
          }
        });
    Report.operation(
        "exec",
        () -> {
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          try (ExecWatch running = pod.writingOutput(out).exec("echo", "hello")) {
            running.exitCode().get(15, TimeUnit.SECONDS);
            return out.toString().trim();
          }
        });
    Report.operation(
        "port-forward",
        () -> {
          try (LocalPortForward forward = pod.portForward(8080)) {
            URL url = new URL("http://127.0.0.1:" + forward.getLocalPort() + "/x");
            try (InputStream body = url.openConnection(Proxy.NO_PROXY).getInputStream()) {
              return new String(body.readAllBytes()).trim();
            }
          }
        });
    System.exit(0);
  }

  private static String watchFive(KubernetesClient client) throws Exception {
    CountDownLatch events = new CountDownLatch(5);
    Watcher<ConfigMap> watcher =
        new Watcher<>() {
          @Override
          public void eventReceived(Action action, ConfigMap map) {
            if (action == Action.ADDED) events.countDown();
          }

          @Override
          public void onClose(WatcherException cause) {}
        };
    try (Watch watch = client.configMaps().inNamespace("bulk").watch(watcher)) {
      if (!events.await(30, TimeUnit.SECONDS)) throw new IllegalStateException("no five events in time");
      return "5 events";
    }
  }
}
