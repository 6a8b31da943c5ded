"""A template: a process with everything loaded that functions need and nothing of any function, that others are forked from.

The host sends what isolates a fork as data, system calls and their arguments, because it alone decides about isolation; a
fork carries them out in order and knows none of their meanings. Each fork is the second process of a pid namespace of its
own (see first_process.py for the first). Both are the host's children, as the template is, and live on when it dies.

Pages that a fork writes to are copied, which is most of what a fork costs. So it goes few ways that the template has not
gone before, and uses few objects: to look at one is to write to it.
"""

import _signal
import array
import ctypes
import gc
import json
import os
import socket
import struct
import sys

from .first_process import FirstProcesses

_CHANNEL = 3
_DESCRIPTORS_MAX = 64
_LENGTH = struct.Struct("=I")
_WORDS = 7
_CLONE_CHILD_CLEARTID, _CLONE_CHILD_SETTID, _CLONE_PARENT, _CLONE_NEWPID = 0x200000, 0x1000000, 0x8000, 0x20000000
_PR_GET_TID_ADDRESS = 40
# Holds the interpreter's lock during a call: a fork by clone must not come between giving it up and taking it back.
_library = ctypes.PyDLL(None, use_errno=True)
_syscall = _library.syscall
_syscall.restype = ctypes.c_long
_syscall.argtypes = [ctypes.c_long] * _WORDS
# Steps that requests call by name, ready to be made. Here and not in a frame: a fork would write to the memory it frees.
_kept = {}


def serve(control=_CHANNEL):
    """Returns in each fork, isolated and with its code attached. Ends this process when the host is gone."""
    _preload()
    connection = socket.socket(fileno=control)
    # The first processes have it from here: the kernel collects their orphans.
    _signal.signal(_signal.SIGCHLD, _signal.SIG_IGN)
    forks = _Forks()
    gc.collect()
    gc.freeze()
    os.write(control, b'{"ready":true}\n')
    while True:
        request, descriptors = _receive(connection)
        if request is None:
            os._exit(0)
        if "keep" in request:
            _kept[request["keep"]] = [_prepare(step) for step in request["steps"]]
            gc.freeze()
            continue
        steps = [_kept[step] if isinstance(step, str) else [_prepare(step)] for step in request["steps"]]
        if forks.fork(request, descriptors, control):
            _isolate(connection, request["id"], steps, descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def _preload():
    import importlib  # noqa: F401
    import logging  # noqa: F401
    import site  # noqa: F401
    import traceback  # noqa: F401

    from . import context, errors, handler, life, literals, logs, marshal, search_path  # noqa: F401


class _Forks:
    """Forks whose parent is the host. The C library's own fork knows no other parent than this process."""

    def __init__(self):
        self._home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._first = FirstProcesses(_library)
        self._before = ctypes.pythonapi.PyOS_BeforeFork
        self._in_parent = ctypes.pythonapi.PyOS_AfterFork_Parent
        self._in_child = ctypes.pythonapi.PyOS_AfterFork_Child
        address = ctypes.c_long()
        _check("tid address", _library.prctl(_PR_GET_TID_ADDRESS, ctypes.byref(address)))
        # Where the C library keeps the number of this thread, which the kernel renews in a fork.
        self._tid = address.value
        if ctypes.c_int.from_address(self._tid).value != os.getpid():
            raise RuntimeError("this C library keeps the number of its thread elsewhere")

    def fork(self, request, descriptors, control):
        """True in the fork. The host is told of both processes, or of what failed."""
        failed = {"id": request["id"]}
        try:
            first = self._first.start(descriptors[0])
            # The host's to collect, whatever comes of the second; it may have ended already.
            failed["first"] = first
            try:
                second = self._second(first, request["clone"], request["setns"])
            except OSError:
                os.kill(first, _signal.SIGKILL)
                raise
        except OSError as error:
            failed["failed"] = "fork: %s" % error
            _tell(control, failed)
            return False
        if second == 0:
            return True
        os.write(control, b'{"id":%d,"first":%d,"second":%d}\n' % (request["id"], first, second))
        return False

    def _second(self, first, clone, setns):
        namespace = os.pidfd_open(first)
        try:
            _check("enter pid namespace", _syscall(setns, namespace, _CLONE_NEWPID, 0, 0, 0, 0))
        finally:
            os.close(namespace)
        second = -1
        try:
            second = self._clone(clone)
        finally:
            # The fork stays there.
            if second != 0:
                _check("leave pid namespace", _syscall(setns, self._home, _CLONE_NEWPID, 0, 0, 0, 0))
        return second

    def _clone(self, clone):
        flags = _CLONE_PARENT | _CLONE_CHILD_SETTID | _CLONE_CHILD_CLEARTID | _signal.SIGCHLD
        self._before()
        # Architectures differ in which of the last two is the address.
        pid = _syscall(clone, flags, 0, 0, self._tid, self._tid, 0)
        if pid == 0:
            self._in_child()
        else:
            self._in_parent()
        return _check("clone", pid)


def _isolate(connection, number, steps, descriptors):
    control = connection.fileno()
    try:
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
        for place, descriptor in ((1, descriptors[1]), (2, descriptors[2])):
            os.dup2(descriptor, place)
        for some in steps:
            for step in some:
                _make(step, descriptors)
        os.write(control, b'{"id":%d,"up":true}\n' % number)
        os.dup2(descriptors[3], _CHANNEL)
        for descriptor in descriptors:
            os.close(descriptor)
        more, descriptors = _receive(connection)
        if more is None:
            os._exit(0)
        for step in more["steps"]:
            if isinstance(step, str):
                for prepared in _kept[step]:
                    _make(prepared, descriptors)
            else:
                _make(_prepare(step), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
    except OSError as error:
        _tell(control, {"id": number, "failed": str(error)})
        os._exit(1)
    connection.detach()
    del sys.argv[1:]


def _tell(control, message):
    try:
        os.write(control, json.dumps(message).encode() + b"\n")
    except OSError:
        # The host has hung up: nobody is there to be told.
        pass


def _receive(connection):
    """A message and the descriptors that came with it; (None, []) when the host has closed its end."""
    room = socket.CMSG_SPACE(_DESCRIPTORS_MAX * array.array("i").itemsize)
    data, ancillary, _, _ = connection.recvmsg(_LENGTH.size, room, socket.MSG_WAITALL)
    if len(data) < _LENGTH.size:
        return None, []
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    (length,) = _LENGTH.unpack(data)
    text = connection.recv(length, socket.MSG_WAITALL)
    return json.loads(text), list(descriptors)


def _prepare(step):
    """A step is a list: what it is for, the number of the system call, its arguments. Descriptors are filled in later."""
    purpose, number, *arguments = step
    alive = []
    values = [number, *(_argument(argument, alive) for argument in arguments)]
    values.extend([0] * (_WORDS - len(values)))
    return purpose, values, any(isinstance(value, dict) for value in values), alive


def _make(prepared, descriptors):
    purpose, values, is_open, _ = prepared
    if is_open:
        values = [descriptors[value["descriptor"]] if isinstance(value, dict) else value for value in values]
    return _check(purpose, _syscall(*values))


def _check(purpose, result):
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, "%s: %s" % (purpose, os.strerror(code)))
    return result


def _argument(argument, alive):
    """Numbers stand for themselves, texts for C strings, lists for words in memory, the rest is named."""
    if isinstance(argument, int):
        return argument
    if isinstance(argument, str):
        memory = ctypes.create_string_buffer(argument.encode())
    elif isinstance(argument, list):
        words = [_argument(word, alive) for word in argument]
        memory = (ctypes.c_long * len(words))(*words)
    elif "descriptor" in argument:
        return argument
    else:
        memory = ctypes.create_string_buffer(bytes.fromhex(argument["bytes"]))
    alive.append(memory)
    return ctypes.addressof(memory)
