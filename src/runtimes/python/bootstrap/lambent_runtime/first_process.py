"""First processes of pid namespaces, as small as can be: they have no memory of their own.

One runs in the template's memory, on stacks of its own, and touches nothing else there: calls of the C library that were
written down before it began, each going on to the next. They close all that it does not need, wait until the host closes
its end of a line, and end, and with that everything in the namespace. The kernel collects orphans there for it, since it
ignores SIGCHLD. Forks of the template do not have these stacks.
"""

import collections
import ctypes
import mmap
import os
import platform

_SIGCHLD = 17
_CLONE_VM, _CLONE_PARENT, _CLONE_CHILD_CLEARTID, _CLONE_NEWPID = 0x100, 0x8000, 0x200000, 0x20000000
_CLOSE_RANGE = 436
# The line's place in a first process, above all others that a template has.
_LINE = 1000
_STACK_BYTES = 1024
# What the C library calls ucontext_t is smaller than this.
_CONTEXT_BYTES = {"x86_64": 1024, "aarch64": 5120}
_UC_LINK, _UC_STACK, _UC_STACK_SIZE = 8, 16, 32
_PLACES_PER_REGION = 32
_LOOKS_MAX = 4


class FirstProcesses:
    def __init__(self, library):
        """Throws where the C library or the machine is another one than this is written for."""
        self._library = library
        self._context_bytes = _CONTEXT_BYTES[platform.machine()]
        self._places = collections.deque()
        for function in (library.clone, library.getcontext, library.makecontext, library.setcontext):
            function.restype = ctypes.c_int

    def start(self, line):
        """Its number. It lives until the other end of `line` is closed."""
        place = self._free_place() or self._new_place()
        os.dup2(line, _LINE, False)
        try:
            return place.start()
        finally:
            os.close(_LINE)
            self._places.append(place)

    def _free_place(self):
        """One whose process has ended, if that is found soon: the longest living are looked at again last."""
        for _ in range(min(_LOOKS_MAX, len(self._places))):
            place = self._places.popleft()
            if place.is_free():
                return place
            self._places.append(place)
        return None

    def _new_place(self):
        size = -(-(3 * self._context_bytes + 4 * _STACK_BYTES) // mmap.PAGESIZE) * mmap.PAGESIZE
        memory = mmap.mmap(-1, size * _PLACES_PER_REGION, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(mmap.MADV_DONTFORK)
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for at in range(start, start + size * _PLACES_PER_REGION, size):
            self._places.appendleft(_Place(self._library, memory, at, self._context_bytes))
        return self._places.popleft()


class _Place:
    """Memory of one first process: three contexts, their stacks, and the stack that it begins on."""

    def __init__(self, library, memory, at, context_bytes):
        self._library = library
        self._memory = memory
        self._contexts = [at + n * context_bytes for n in range(3)]
        self._stacks = [at + 3 * context_bytes + n * _STACK_BYTES for n in range(4)]
        # The kernel sets it to zero when the process has ended.
        self._lives = ctypes.c_int.from_address(self._stacks[3])

    def is_free(self):
        return self._lives.value == 0

    def start(self):
        library = self._library
        last = self._write(2, library._exit, 0)
        waiting = self._write(1, library.read, _LINE, self._stacks[0], 1, following=last)
        first = self._write(0, library.syscall, _CLOSE_RANGE, 0, _LINE - 1, 0, following=waiting)
        flags = _CLONE_VM | _CLONE_PARENT | _CLONE_CHILD_CLEARTID | _CLONE_NEWPID | _SIGCHLD
        self._lives.value = 1
        pid = library.clone(
            library.setcontext,
            ctypes.c_void_p(self._stacks[3] + _STACK_BYTES),
            flags,
            ctypes.c_void_p(first),
            None,
            None,
            ctypes.byref(self._lives),
        )
        if pid == -1:
            self._lives.value = 0
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return pid

    def _write(self, place, function, *arguments, following=0):
        context = self._contexts[place]
        self._library.getcontext(ctypes.c_void_p(context))
        for offset, value in ((_UC_LINK, following), (_UC_STACK, self._stacks[place]), (_UC_STACK_SIZE, _STACK_BYTES)):
            ctypes.c_long.from_address(context + offset).value = value
        self._library.makecontext(
            ctypes.c_void_p(context), function, len(arguments), *map(ctypes.c_long, arguments)
        )
        return context
