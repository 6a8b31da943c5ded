"""Lambent's bootstrap for Python: the first process of a sandbox.

It starts before anybody knows whose function it will run, says so on the channel, and waits. INIT then gives it its
environment and handler, each INVOKE one event. For Python 3.9 to 3.15, standard library only; it knows AWS's
programming model and nothing of the host. With an argument it is a template, whose forks go on as it would.

This file holds next to nothing because Python compiles a main script anew at each start, and imported modules once.
"""

import sys

_HERE = sys.path.pop(0)
sys.path.insert(0, _HERE)
from lambent_runtime.life import main  # noqa: E402

# The function's own modules must never meet the runtime's by name.
sys.path.remove(_HERE)

if len(sys.argv) > 1:
    from lambent_runtime.template import serve

    serve()

main()
