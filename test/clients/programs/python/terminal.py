"""Runs a program in a terminal of 40 lines and 160 columns, types, and waits for what its screen shows.

Usage: terminal.py STEPS COMMAND... STEPS is a JSON list of {"operation", "wait", "type", "limit"}: types, then waits for the
regular expression. It prints a line of JSON for each operation: the first group of the match.
"""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

import pyte

steps, command = json.loads(sys.argv[1]), sys.argv[2:]


class Screen(pyte.Screen):
    def select_graphic_rendition(self, *attributes, private=False):
        # k9s also sends private ones, of which pyte knows none.
        if not private:
            super().select_graphic_rendition(*attributes)


screen = Screen(160, 40)
stream = pyte.ByteStream(screen)
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
# A program that asked for the size too early asks again.
os.kill(child, signal.SIGWINCH)


def shows(pattern, limit):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        found = re.search(pattern, "\n".join(screen.display))
        if found:
            return found.group(1)
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                stream.feed(os.read(terminal, 65536))
            except OSError:
                break
    text = " | ".join(line.strip() for line in screen.display if line.strip())
    raise RuntimeError(f"the screen shows: {text}")


for step in steps:
    try:
        if "type" in step:
            os.write(terminal, step["type"].encode())
        answer = {"value": shows(step["wait"], step.get("limit", 25))}
    except (RuntimeError, OSError) as error:
        answer = {"error": str(error)}
    if "operation" in step:
        print(json.dumps({"operation": step["operation"], **answer}), flush=True)
    elif "error" in answer:
        print(json.dumps({"operation": "start", **answer}), flush=True)
        break
try:
    os.kill(child, signal.SIGKILL)
except ProcessLookupError:
    pass
