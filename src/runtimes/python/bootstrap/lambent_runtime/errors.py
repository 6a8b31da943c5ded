"""Errors as AWS shows them: errorMessage, errorType, requestId and stackTrace, the runtime's own frames left out."""

import os
import traceback

_OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Fault(Exception):
    """An error that the runtime itself found; its type is one of AWS's Runtime.* names, not a class name."""

    def __init__(self, error_type, message, trace=None):
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.trace = trace


def payload_of(error, request_id):
    if isinstance(error, Fault):
        return _payload(error.message, error.error_type, request_id, error.trace)
    return _payload(str(error), type(error).__name__, request_id, traceback.format_list(_user_frames(error)))


def _payload(message, error_type, request_id, trace):
    return {
        "errorMessage": message or "",
        "errorType": error_type or "",
        "requestId": request_id,
        "stackTrace": trace or [],
    }


def _user_frames(error):
    """(file, line, function, text) from the first frame outside the runtime on; all of them when there is none."""
    frames = [(frame.filename, frame.lineno, frame.name, frame.line) for frame in traceback.extract_tb(error.__traceback__)]
    for index, frame in enumerate(frames):
        if not os.path.abspath(frame[0]).startswith(_OWN_FOLDER):
            return frames[index:]
    return frames
