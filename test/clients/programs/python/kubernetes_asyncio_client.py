"""pip install kubernetes_asyncio"""

import asyncio
import warnings

warnings.filterwarnings("ignore")

from kubernetes_asyncio import client, config, watch
from kubernetes_asyncio.stream import WsApiClient
from report import report_async


async def main():
    settings = client.Configuration()
    await config.load_kube_config(client_configuration=settings)
    async with client.ApiClient(settings) as session:
        api = client.CoreV1Api(session)

        async def get():
            return (await api.read_namespace("default")).metadata.name

        async def list_all():
            return len((await api.list_namespaced_config_map("bulk")).items)

        async def watch_five():
            seen = 0
            stream = watch.Watch().stream(api.list_namespaced_config_map, "bulk", timeout_seconds=10)
            async for event in stream:
                seen += event["type"] == "ADDED"
                if seen == 5:
                    return "5 events"
            raise RuntimeError(f"the watch ended after {seen} events")

        async def follow_log():
            response = await api.read_namespaced_pod_log("p", "default", follow=True, _preload_content=False)
            for _ in range(8):
                line = await response.content.readline()
            response.close()
            return line.decode().strip()

        await report_async("get", get)
        await report_async("list", list_all)
        await report_async("watch", watch_five)
        await report_async("logs", follow_log)

    async def execute():
        async with WsApiClient(configuration=settings) as session:
            command = {"command": ["echo", "hello"], "stdout": True, "stderr": True, "stdin": False, "tty": False}
            api = client.CoreV1Api(session)
            return (await api.connect_get_namespaced_pod_exec("p", "default", **command)).strip()

    await report_async("exec", execute)


asyncio.run(main())
