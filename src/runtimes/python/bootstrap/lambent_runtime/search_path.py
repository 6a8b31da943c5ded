"""sys.path as AWS's runtime has it: function, layers, interpreter, and the SDK that comes with the runtime last."""

import os
import site
import sys


def extend_search_path(task_root, variables):
    """Called once, before anything of the function is imported. PYTHONPATH takes the place of the layers' folders."""
    layers = os.environ.get("LAMBENT_LAYERS_ROOT", "/opt")
    version = "python%d.%d" % sys.version_info[:2]
    python_path = variables.get("PYTHONPATH")
    if python_path:
        front = [task_root, *filter(None, python_path.split(os.pathsep))]
        sites = [task_root]
    else:
        front = [task_root, "%s/python/lib/%s/site-packages" % (layers, version), "%s/python" % layers]
        sites = front
    known = set(sys.path)
    # addsitedir runs .pth files and appends; the folders themselves belong in front. It looks at the whole path first,
    # which costs a start more than to see that there is no such file.
    for folder in sites:
        if _has_path_files(folder):
            site.addsitedir(folder)
    added = [folder for folder in sys.path if folder not in known and folder not in front]
    runtime = os.environ.get("LAMBDA_RUNTIME_DIR", "/var/runtime")
    rest = [folder for folder in sys.path if folder in known and folder not in front]
    sys.path[:] = [*front, *added, *rest, runtime, "%s/site-packages" % runtime]
    os.environ.setdefault("PYTHONPATH", runtime)


def _has_path_files(folder):
    try:
        return any(name.endswith(".pth") for name in os.listdir(folder))
    except OSError:
        return False
