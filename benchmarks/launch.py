"""Runs a command and says what it took, as one line of JSON on stdout.

    python launch.py COMMAND …

A program of its own, with nothing imported: on Linux a child's peak memory counts from the fork, so a large parent
would be measured in its child's place. What the command prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> None:
    began = time.monotonic()
    process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    unit = 1 if sys.platform == "darwin" else 1024
    print(
        json.dumps({
            "exit_code": os.waitstatus_to_exitcode(status),
            "wall": wall,
            "cpu": usage.ru_utime + usage.ru_stime,
            "peak_mb": usage.ru_maxrss * unit / 1e6,
        })
    )  # fmt: skip


if __name__ == "__main__":
    main()
