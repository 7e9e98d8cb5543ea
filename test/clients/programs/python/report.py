"""Reports what a client does, a line of JSON for each operation, as every program of test/clients does."""

import json
import sys
import urllib.request


def report(operation, do):
    try:
        answer = {"operation": operation, "value": str(do())}
    except BaseException as error:  # SystemExit too: what ends one operation must not hide the next.
        answer = {"operation": operation, "error": failure(error)}
    print(json.dumps(answer), flush=True)


async def report_async(operation, do):
    try:
        answer = {"operation": operation, "value": str(await do())}
    except BaseException as error:
        answer = {"operation": operation, "error": failure(error)}
    print(json.dumps(answer), flush=True)


def failure(error):
    """The whole chain: libraries hide what happened behind an error of their own."""
    parts = []
    while error is not None and len(parts) < 6:
        parts.append(f"{type(error).__name__}: {' '.join(str(error).split())}")
        error = error.__cause__ or error.__context__
    return " / ".join(parts)


def ask_pod(port):
    """GET through a forwarded port, past every proxy of the environment."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/x", timeout=10) as response:
        return response.read().decode().strip()


def started(start):
    """What `start` returns; a client that cannot even start says so in a line of its own."""
    try:
        return start()
    except BaseException as error:
        print(json.dumps({"operation": "start", "error": failure(error)}), flush=True)
        sys.exit(1)
