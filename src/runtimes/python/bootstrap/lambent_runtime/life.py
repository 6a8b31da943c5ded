"""The life of a process: waiting, initialised, and then one invocation after the other."""

import os
import sys

from .channel import INIT, INVOKE, Channel


def main():
    channel = Channel()
    channel.send_waiting()
    # Needed by almost every function and every error: loaded while nobody waits for it.
    from . import errors, logs
    from .marshal import Marshaller

    kind, header, _ = channel.receive()
    if kind != INIT:
        sys.exit(1)
    take_environment(header.get("variables"), header["taskRoot"])
    sink = logs.LogSink(channel)
    marshaller = Marshaller(os.environ.get("AWS_EXECUTION_ENV", ""))
    logs.install(sink, os.environ)
    # A wrapper may have named another.
    handler = load(os.environ.get("_HANDLER", header["handler"]), channel, sink, marshaller, errors)
    channel.send_init_done()
    while True:
        kind, header, body = channel.receive()
        if kind == INVOKE:
            logs.begin_invocation(header)
            take_trace(header.get("traceId"))
            invoke(handler, header, body, channel, sink, marshaller, errors)


def take_environment(variables, task_root):
    if variables is not None:
        # The sandbox sets it; functions on AWS have none.
        os.environ.pop("HOME", None)
        os.environ.update(variables)
    os.chdir(task_root)
    from .search_path import extend_search_path

    extend_search_path(task_root, os.environ)
    import time

    # TZ was read when the process started, with the environment of nobody.
    time.tzset()


def take_trace(trace_id):
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)


def load(name, channel, sink, marshaller, errors):
    """The handler, or an INIT_ERROR and the end of the process. SystemExit passes through, as on AWS."""
    from .handler import find_handler
    from .literals import UNHANDLED_EXCEPTION_WARNING, warn_of_preview

    try:
        warn_of_preview(os.environ)
        return find_handler(name)
    except Exception as error:
        import logging

        payload = errors.payload_of(error, "")
        logging.warning(UNHANDLED_EXCEPTION_WARNING)
        sink.error(payload, marshaller)
        channel.send_init_error(payload["errorType"], marshaller.encode(payload))
        sys.exit(1)


def invoke(handler, header, body, channel, sink, marshaller, errors):
    request_id = header["requestId"]
    try:
        from .context import context_of

        context = context_of(header)
        event = marshaller.parse_event(body)
        response = handler(event, context)
        result = marshaller.encode_response(response)
    except Exception as error:
        payload = errors.payload_of(error, request_id)
        sink.error(payload, marshaller)
        channel.send_error(request_id, payload["errorType"], marshaller.encode(payload))
        return
    channel.send_response(request_id, result)
