"""The official client: pip install kubernetes."""

import http.client
import warnings

warnings.filterwarnings("ignore")

from kubernetes import client, config, watch
from kubernetes.stream import portforward, stream
from report import report, started


def connect():
    config.load_kube_config()
    settings = client.Configuration.get_default_copy()
    # A name that does not resolve would be asked for again and again.
    settings.retries = False
    return client.CoreV1Api(client.ApiClient(settings))


api = started(connect)


def watch_five():
    seen = 0
    for event in watch.Watch().stream(api.list_namespaced_config_map, "bulk", timeout_seconds=10):
        seen += event["type"] == "ADDED"
        if seen == 5:
            return "5 events"
    raise RuntimeError(f"the watch ended after {seen} events")


def follow_log():
    response = api.read_namespaced_pod_log("p", "default", follow=True, _preload_content=False, _request_timeout=10)
    text = b""
    for chunk in response.stream(64):
        text += chunk
        if text.count(b"\n") >= 8:
            break
    response.close()
    return text.decode().splitlines()[7]


def execute():
    command = {"command": ["echo", "hello"], "stdout": True, "stderr": True, "stdin": False, "tty": False}
    return stream(api.connect_get_namespaced_pod_exec, "p", "default", _request_timeout=10, **command).strip()


def forward():
    forwarded = portforward(api.connect_get_namespaced_pod_portforward, "p", "default", ports="8080")
    connection = forwarded.socket(8080)
    connection.setblocking(True)
    connection.settimeout(10)
    connection.sendall(b"GET /x HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n")
    # The end of a stream does not pass a forwarded port over WebSocket: the answer's length says where it ends.
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.read().decode().strip()


report("get", lambda: api.read_namespace("default", _request_timeout=10).metadata.name)
report("list", lambda: len(api.list_namespaced_config_map("bulk", _request_timeout=20).items))
report("watch", watch_five)
report("logs", follow_log)
report("exec", execute)
report("port-forward", forward)
