"""pip install lightkube"""

from lightkube import Client
from lightkube.resources.core_v1 import ConfigMap, Namespace
from report import report, started

client = started(Client)


def watch_five():
    seen = 0
    for kind, _ in client.watch(ConfigMap, namespace="bulk"):
        seen += kind == "ADDED"
        if seen == 5:
            return "5 events"
    raise RuntimeError(f"the watch ended after {seen} events")


def follow_log():
    lines = iter(client.log("p", namespace="default", follow=True))
    return [next(lines) for _ in range(8)][7].strip()


report("get", lambda: client.get(Namespace, "default").metadata.name)
report("list", lambda: len(list(client.list(ConfigMap, namespace="bulk"))))
report("watch", watch_five)
report("logs", follow_log)
