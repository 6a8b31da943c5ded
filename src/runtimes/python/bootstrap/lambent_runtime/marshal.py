"""Events in, responses out, by the rules of AWS's encoder.

That is JSON as the standard library writes it, except that a Decimal is a number, a named tuple an object, and text
stays UTF-8 from Python 3.12 on.
"""

import json
import sys

from .errors import Fault


class Marshaller:
    def __init__(self, execution_env):
        # The runtime that was asked for decides, even where another version of Python stands in for it.
        asked = execution_env.rpartition("python")[2].split(".")
        version = tuple(map(int, asked)) if len(asked) == 2 and all(map(str.isdigit, asked)) else sys.version_info[:2]
        self._encoder = json.JSONEncoder(ensure_ascii=version < (3, 12))

    def parse_event(self, body):
        try:
            return json.loads(body)
        except Exception as error:
            raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: {}".format(error))

    def encode_response(self, response):
        """(bytes, content type or None for JSON)."""
        if isinstance(response, bytes):
            return response, "application/unknown"
        try:
            return self.encode(response).encode("utf-8"), None
        except Exception as error:
            raise Fault("Runtime.MarshalError", "Unable to marshal response: {}".format(error))

    def encode(self, value):
        if not _needs_care(value):
            return self._encoder.encode(value)
        parts = []
        self._write(value, parts.append, set())
        return "".join(parts)

    def _write(self, value, put, open_ids):
        if _is_decimal(value):
            put("NaN" if value.is_nan() else str(value))
            return
        if _is_named_tuple(value):
            value = value._asdict()
        if not isinstance(value, (dict, list, tuple)):
            put(self._encoder.encode(value))
            return
        if id(value) in open_ids:
            raise ValueError("Circular reference detected")
        open_ids.add(id(value))
        if isinstance(value, dict):
            separator = "{"
            for key, item in value.items():
                put(separator)
                put(self._key(key))
                put(": ")
                self._write(item, put, open_ids)
                separator = ", "
            put("{}" if separator == "{" else "}")
        else:
            separator = "["
            for item in value:
                put(separator)
                self._write(item, put, open_ids)
                separator = ", "
            put("[]" if separator == "[" else "]")
        open_ids.remove(id(value))

    def _key(self, key):
        # The standard encoder knows which keys are allowed and how a number looks as a key.
        return self._encoder.encode({key: 0})[1:-4]


def _needs_care(value):
    """True when something inside is not written as the standard encoder would. Cycles are left to the encoder."""
    pending = [value]
    seen = set()
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            inner = item.values()
        elif isinstance(item, (list, tuple)):
            if _is_named_tuple(item):
                return True
            inner = item
        else:
            if _is_decimal(item):
                return True
            continue
        if id(item) in seen:
            continue
        seen.add(id(item))
        pending.extend(child for child in inner if type(child) not in _PLAIN)
    return False


_PLAIN = frozenset((str, int, float, bool, type(None)))


def _is_named_tuple(value):
    return isinstance(value, tuple) and callable(getattr(value, "_asdict", None))


def _is_decimal(value):
    # Nobody can hold a Decimal without having loaded its module.
    module = sys.modules.get("decimal")
    return module is not None and isinstance(value, module.Decimal)
