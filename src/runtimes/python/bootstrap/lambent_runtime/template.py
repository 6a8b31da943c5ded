"""A template: a process with everything loaded that functions need and nothing of any function, that others are forked from.

The host sends what isolates a fork as data, system calls and their arguments, because it alone decides about isolation; a
fork carries them out in order and knows none of their meanings. Each fork is the second process of a pid namespace of
its own. The first one, a fork too, collects orphans, tells the host exactly how the function's process ended, and ends,
with everything in the namespace, when the host closes its end of the line between them.
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

_CHANNEL = 3
_DESCRIPTORS_MAX = 64
_LENGTH = struct.Struct("=I")
# Holds the interpreter's lock during a call: a fork by clone must not come between giving it up and taking it back.
_syscall = ctypes.PyDLL(None, use_errno=True).syscall
_syscall.restype = ctypes.c_long
# Steps that requests call by name, ready to be made. Here and not in a frame: a fork would write to the memory it frees.
_kept = {}


def serve(control=_CHANNEL):
    """Returns in each fork, isolated and with its code attached. Ends this process when the host is gone."""
    _preload()
    gc.collect()
    gc.freeze()
    os.write(control, b"ready\n")
    while True:
        request, descriptors = _receive(control)
        if request is None:
            os._exit(0)
        if "keep" in request:
            _kept[request["keep"]] = [_prepare(step) for step in request["steps"]]
            gc.freeze()
            continue
        line = descriptors[0]
        try:
            forked = _call(request["clone"], descriptors)
        except OSError as error:
            _tell(line, {"failed": "clone: %s" % error})
            forked = -1
        if forked == 0:
            _first_process(request, descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def _preload():
    import importlib  # noqa: F401
    import logging  # noqa: F401
    import site  # noqa: F401
    import traceback  # noqa: F401

    from . import context, errors, handler, life, literals, logs, marshal, search_path  # noqa: F401


def _first_process(request, descriptors):
    """Returns in the second process only."""
    line = descriptors[0]
    # The process's number on the host, as long as the host's /proc is in sight.
    _write(line, b'{"first":%b}\n' % os.readlink(b"/proc/self"))
    try:
        child = os.fork()
    except OSError as error:
        _tell(line, {"failed": "fork: %s" % error})
        os._exit(1)
    if child == 0:
        _second_process(request, descriptors)
        return
    os.closerange(0, line)
    os.closerange(line + 1, line + _DESCRIPTORS_MAX)

    def collect(*_):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == child:
                _write(line, b'{"status":%d}\n' % status)

    # Without the names that the module around it gives to numbers.
    _signal.signal(_signal.SIGCHLD, collect)
    # It may have ended before somebody listened.
    collect()
    try:
        while os.read(line, 1):
            pass
    finally:
        os._exit(0)


def _second_process(request, descriptors):
    line, output, errors, channel = descriptors[:4]
    try:
        number = os.readlink(b"/proc/self")
        for place, descriptor in ((1, output), (2, errors), (_CHANNEL, channel)):
            os.dup2(descriptor, place)
        _call_all(request["steps"], descriptors)
        _close_but(line, descriptors)
        _write(line, b'{"second":%b}\n' % number)
        more, descriptors = _receive(_CHANNEL)
        if more is None:
            os._exit(0)
        _call_all(more["steps"], descriptors)
        _close_but(None, [line, *descriptors])
    except OSError as error:
        _tell(line, {"failed": str(error)})
        os._exit(1)
    del sys.argv[1:]


def _close_but(kept, descriptors):
    for descriptor in descriptors:
        if descriptor != kept:
            os.close(descriptor)


def _tell(line, message):
    _write(line, json.dumps(message).encode() + b"\n")


def _write(line, message):
    """A line of JSON. What is said of every fork is written without the encoder, whose memory it would make its own."""
    try:
        os.write(line, message)
    except OSError:
        # The host has hung up: nobody is there to be told.
        pass


def _receive(descriptor):
    """A message and the descriptors that came with it; (None, []) when the host has closed its end."""
    with socket.socket(fileno=os.dup(descriptor)) as connection:
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


def _call_all(steps, descriptors):
    for step in steps:
        if isinstance(step, str):
            for prepared in _kept[step]:
                _make(prepared, descriptors)
        else:
            _call(step, descriptors)


def _call(step, descriptors):
    return _make(_prepare(step), descriptors)


def _prepare(step):
    """A step is a list: what it is for, the number of the system call, its arguments. Descriptors are filled in later."""
    purpose, number, *arguments = step
    alive = []
    values = [ctypes.c_long(number), *(_argument(argument, alive) for argument in arguments)]
    return purpose, values, any(isinstance(value, dict) for value in values), alive


def _make(prepared, descriptors):
    purpose, values, is_open, _ = prepared
    if is_open:
        values = [
            ctypes.c_long(descriptors[value["descriptor"]]) if isinstance(value, dict) else value for value in values
        ]
    result = _syscall(*values)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, "%s: %s" % (purpose, os.strerror(code)))
    return result


def _argument(argument, alive):
    """Numbers stand for themselves, texts for C strings, lists for words in memory, the rest is named."""
    if isinstance(argument, int):
        return ctypes.c_long(argument)
    if isinstance(argument, str):
        memory = ctypes.create_string_buffer(argument.encode())
    elif isinstance(argument, list):
        words = [_argument(word, alive).value for word in argument]
        memory = (ctypes.c_long * len(words))(*words)
    elif "descriptor" in argument:
        return argument
    else:
        memory = ctypes.create_string_buffer(bytes.fromhex(argument["bytes"]))
    alive.append(memory)
    return ctypes.c_long(ctypes.addressof(memory))
