"""The bootstrap's end of the framed channel (the format stands in frames.ts).

Reading and writing block: between invocations there is nothing else for the main thread to do, signals still arrive,
and a response costs one system call.
"""

import _thread
import json
import os
import sys

CHANNEL_FD = 3
INIT = 1
INVOKE = 2

_WAITING = 16
_INIT_DONE = 17
_INIT_ERROR = 18
_RESPONSE = 19
_ERROR = 20
_LOG = 24

_READ_BYTES = 64 * 1024
_PREFIX_BYTES = 9
# More than the host takes, less than ends the environment: the host must see that a limit was exceeded.
_BODY_BYTES_MAX = 7 * 1024 * 1024


class Channel:
    def __init__(self):
        os.set_blocking(CHANNEL_FD, True)
        os.set_inheritable(CHANNEL_FD, False)
        self._unread = b""
        self._new_lock()
        # A child process must not wait for a thread of its parent.
        os.register_at_fork(after_in_child=self._new_lock)

    def _new_lock(self):
        # Re-entrant: a signal handler may log while its own thread is writing.
        self._lock = _thread.RLock()

    def receive(self):
        """The next frame as (type, header, body). Ends the process when the host is gone."""
        data = self._unread or self._read()
        while len(data) < 4:
            data += self._read()
        end = 4 + int.from_bytes(data[:4], "big")
        if len(data) < end:
            data = self._fill(data, end)
        self._unread = data[end:]
        header_end = _PREFIX_BYTES + int.from_bytes(data[5:9], "big")
        return data[4], json.loads(str(data[9:header_end], "utf-8")), data[header_end:end]

    def _read(self):
        data = os.read(CHANNEL_FD, _READ_BYTES)
        if not data:
            sys.exit(1)
        return data

    def _fill(self, data, end):
        frame = bytearray(end)
        filled = len(data)
        frame[:filled] = data
        view = memoryview(frame)
        while filled < end:
            count = os.readv(CHANNEL_FD, [view[filled:]])
            if count == 0:
                sys.exit(1)
            filled += count
        return bytes(frame)

    def send_waiting(self):
        self._send(_WAITING, b"{}", b"")

    def send_init_done(self):
        self._send(_INIT_DONE, b"{}", b"")

    def send_init_error(self, error_type, body):
        self._send(_INIT_ERROR, json.dumps({"errorType": error_type}).encode(), body.encode("utf-8", "replace"))

    def send_response(self, request_id, result):
        body, content_type = result
        header = b'{"requestId":"%b"}' % request_id.encode()
        if content_type is not None:
            header = b'{"requestId":"%b","contentType":"%b"}' % (request_id.encode(), content_type.encode())
        self._send(_RESPONSE, header, body)

    def send_error(self, request_id, error_type, body):
        header = json.dumps({"requestId": request_id, "errorType": error_type})
        self._send(_ERROR, header.encode(), body.encode("utf-8", "replace"))

    def send_log(self, time_ms, level, is_json, text):
        header = '{"timeMs":%d%s%s}' % (
            time_ms,
            ',"level":"%s"' % level if level else "",
            ',"json":true' if is_json else "",
        )
        self._send(_LOG, header.encode(), text.encode("utf-8", "replace"))

    def _send(self, kind, header, body):
        body = body[:_BODY_BYTES_MAX]
        length = 5 + len(header) + len(body)
        frame = b"".join(
            (length.to_bytes(4, "big"), bytes((kind,)), len(header).to_bytes(4, "big"), header, body),
        )
        with self._lock:
            written = os.write(CHANNEL_FD, frame)
            while written < len(frame):
                written += os.write(CHANNEL_FD, memoryview(frame)[written:])
