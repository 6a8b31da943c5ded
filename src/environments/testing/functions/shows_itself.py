"""Shows what a process could share with others that are forked from the same template."""

import os
import random
import signal
import sys
import tempfile
import threading
import time
import uuid


def handler(event, context):
    if event.get("exit") is not None:
        os._exit(event["exit"])
    if event.get("signal") is not None:
        os.kill(os.getpid(), event["signal"])
    # Long enough that all of a batch run at once, each in a process of its own.
    time.sleep(event.get("ms", 0) / 1000)
    handlers = {name: str(signal.getsignal(getattr(signal, name))) for name in ("SIGCHLD", "SIGTERM", "SIGPIPE", "SIGINT")}
    return {
        "forked": "lambent_runtime.template" in sys.modules,
        "random": random.random(),
        "uuid": [str(uuid.uuid1()), str(uuid.uuid4())],
        "temporary": next(tempfile._get_candidate_names()),
        "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd"))[:4],
        "pid": os.getpid(),
        "seen": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
        "handlers": handlers,
        "argv": sys.argv,
        "environ": sorted(set(open("/proc/self/environ").read().strip("\0").split("\0"))),
        "home": os.environ.get("HOME"),
        "cwd": os.getcwd(),
        "path": sys.path,
        "main": getattr(sys.modules["__main__"], "__file__", None),
        "threads": [thread.name for thread in threading.enumerate()],
        "collects": __import__("gc").isenabled(),
        "session": os.getsid(0) == os.getpid(),
        "time": time.tzname[0],
        "score": open("/proc/self/oom_score_adj").read(),
    }
