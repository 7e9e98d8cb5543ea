"""pip install kr8s"""

import socket

import kr8s
from kr8s.objects import Namespace, Pod
from report import ask_pod, report, started

api = started(kr8s.api)


def watch_five():
    seen = 0
    for kind, _ in api.watch("configmaps", namespace="bulk"):
        seen += kind == "ADDED"
        if seen == 5:
            return "5 events"
    raise RuntimeError(f"the watch ended after {seen} events")


def follow_log():
    lines = Pod.get("p", "default").logs(follow=True)
    return [next(lines) for _ in range(8)][7]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def forward():
    # "auto" takes a port at random, which the end of another connection may have.
    with Pod.get("p", "default").portforward(remote_port=8080, local_port=free_port()) as port:
        return ask_pod(port)


report("get", lambda: Namespace.get("default").name)
report("list", lambda: len(list(kr8s.get("configmaps", namespace="bulk"))))
report("watch", watch_five)
report("logs", follow_log)
report("exec", lambda: Pod.get("p", "default").exec(["echo", "hello"]).stdout.decode().strip())
report("port-forward", forward)
