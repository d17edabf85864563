"""Runs a command and prints its cost as one JSON line: wall, user and system seconds, peak resident KiB, exit code."""
import json
import os
import sys
import time

start = time.perf_counter()
with open(os.devnull, "wb") as nothing:
    child = os.posix_spawn(
        sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nothing.fileno(), 1)]
    )
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - start
print(
    json.dumps(
        {
            "wall": wall,
            "user": used.ru_utime,
            "system": used.ru_stime,
            "peak_kib": used.ru_maxrss,
            "code": os.waitstatus_to_exitcode(status),
        }
    )
)
