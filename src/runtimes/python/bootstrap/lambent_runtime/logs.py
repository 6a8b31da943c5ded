"""The function's log: AWS's handler on the root logger, in text or JSON, and the form of an uncaught error."""

import json
import logging
import time
import traceback

_NO_BREAK_SPACE = "\u00a0"
_RESERVED_FIELDS = frozenset(
    (
        "name msg args levelname levelno pathname filename module exc_info exc_text stack_info lineno funcName created "
        "msecs relativeCreated thread threadName processName process taskName aws_request_id tenant_id"
    ).split()
)

_request_id = None
_tenant_id = None
_sink = None


def begin_invocation(header):
    global _request_id, _tenant_id
    _request_id = header["requestId"]
    _tenant_id = header.get("tenantId")


def log_plain(text):
    _sink.write(text, None)


class LogSink:
    """Turns finished texts into log events on the channel."""

    def __init__(self, channel):
        self._channel = channel
        self.is_json = False

    def write(self, text, level):
        self._channel.send_log(time.time_ns() // 1_000_000, level, self.is_json, text[:-1] if text.endswith("\n") else text)

    def error(self, payload, marshaller):
        if self.is_json:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            self.write(marshaller.encode({"timestamp": stamp, "log_level": "ERROR", **payload}), "ERROR")
            return
        title = "[ERROR]"
        if payload["errorType"]:
            title += " " + payload["errorType"]
        if payload["errorMessage"]:
            title += (":" if payload["errorType"] else "") + " " + payload["errorMessage"]
        lines = [title, "Traceback (most recent call last):"]
        for element in payload["stackTrace"]:
            lines.extend([""] if element == "" else map(_with_hard_indent, element.splitlines()))
        self.write("\n".join(lines), "ERROR")


def _with_hard_indent(line):
    text = line.lstrip(" ")
    return _NO_BREAK_SPACE * (len(line) - len(text)) + text


class LambdaLoggerHandler(logging.Handler):
    def __init__(self, log_sink):
        super().__init__()
        self.log_sink = log_sink

    def emit(self, record):
        self.log_sink.write(self.format(record), _frame_level(record))


class LambdaLoggerFilter(logging.Filter):
    def filter(self, record):
        record.aws_request_id = _request_id or ""
        record.tenant_id = _tenant_id
        return True


class JsonFormatter(logging.Formatter):
    def __init__(self):
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%SZ")
        self._encode = json.JSONEncoder(ensure_ascii=False).encode

    def format(self, record):
        record.levelno = _floored(record.levelno)
        record.levelname = logging.getLevelName(record.levelno)
        error = record.exc_info
        line = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "stackTrace": traceback.format_tb(error[2]) if error else None,
            "errorType": error[0].__name__ if error else None,
            "errorMessage": str(error[1]) if error else None,
            "requestId": getattr(record, "aws_request_id", None),
            "location": "%s:%s:%s" % (record.pathname, record.funcName, record.lineno) if error else None,
        }
        if getattr(record, "tenant_id", None) is not None:
            line["tenantId"] = record.tenant_id
        for key, value in record.__dict__.items():
            if key not in _RESERVED_FIELDS and key not in line:
                line[key] = value
        return self._encode({key: value for key, value in line.items() if value is not None})


def install(sink, variables):
    """Puts AWS's handler on the root logger. The root level changes only where the function's settings name one."""
    global _sink
    _sink = sink
    sink.is_json = variables.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    logging.Formatter.converter = time.gmtime
    handler = LambdaLoggerHandler(sink)
    if sink.is_json:
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(
            logging.Formatter(
                "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
                "%Y-%m-%dT%H:%M:%S",
            )
        )
    handler.addFilter(LambdaLoggerFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    level = variables.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = {"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level)
    if level in ("DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL"):
        root.setLevel(level)


def _floored(level):
    return min(50, max(0, level)) // 10 * 10


_FRAME_LEVELS = {10: "DEBUG", 20: "INFO", 30: "WARN", 40: "ERROR", 50: "FATAL"}


def _frame_level(record):
    return _FRAME_LEVELS.get(_floored(record.levelno))
