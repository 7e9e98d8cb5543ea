"""pip install pykube-ng"""

import pykube
from report import report, started

api = started(lambda: pykube.HTTPClient(pykube.KubeConfig.from_env(), timeout=10))


def watch_five():
    seen = 0
    for event in pykube.ConfigMap.objects(api, namespace="bulk").watch():
        seen += event.type == "ADDED"
        if seen == 5:
            return "5 events"
    raise RuntimeError(f"the watch ended after {seen} events")


def follow_log():
    pod = pykube.Pod.objects(api, namespace="default").get_by_name("p")
    # Its own `logs` cannot follow: this is the request that it makes.
    response = api.get(namespace="default", url="pods/p/log", params={"follow": "true"}, stream=True)
    response.raise_for_status()
    lines = response.iter_lines()
    line = [next(lines) for _ in range(8)][7].decode()
    response.close()
    return line if pod.name == "p" else pod.name


report("get", lambda: pykube.Namespace.objects(api).get_by_name("default").name)
report("list", lambda: len(list(pykube.ConfigMap.objects(api, namespace="bulk"))))
report("watch", watch_five)
report("logs", follow_log)
