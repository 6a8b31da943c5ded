"""The context object of an invocation, with AWS's names, defaults and representation."""

import json
import os
import time

from .errors import Fault

_W3C_FIELDS = ("traceparent", "tracestate", "baggage")


class _Record:
    """Named fields that are None where the source lacks them."""

    __slots__ = ()

    def __init__(self, source):
        for name in self.__slots__:
            setattr(self, name, source.get(name))

    def __repr__(self):
        fields = ",".join("{}={}".format(name, getattr(self, name)) for name in self.__slots__)
        return "{}([{}])".format(type(self).__name__, fields)


class CognitoIdentity(_Record):
    __slots__ = ["cognito_identity_id", "cognito_identity_pool_id"]


class Client(_Record):
    __slots__ = ["installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"]


class ClientContext(_Record):
    __slots__ = ["custom", "env", "client"]


class LambdaContext:
    def __init__(self, header, client_context, identity):
        variables = os.environ
        self.aws_request_id = header["requestId"]
        self.log_group_name = variables.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = variables.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = variables.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = variables.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = variables.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = header["invokedFunctionArn"]
        self.tenant_id = header.get("tenantId")
        self._w3c_fields = _take_w3c(client_context)
        self.client_context = None
        if client_context is not None:
            self.client_context = ClientContext(client_context)
            if self.client_context.client is not None:
                self.client_context.client = Client(self.client_context.client)
        self.identity = CognitoIdentity(
            {
                "cognito_identity_id": identity.get("cognitoIdentityId"),
                "cognito_identity_pool_id": identity.get("cognitoIdentityPoolId"),
            }
        )
        self._epoch_deadline_time_in_ms = header["deadlineMs"]

    def get_remaining_time_in_millis(self):
        return max(0, int(self._epoch_deadline_time_in_ms - int(time.time() * 1000)))

    def w3c(self):
        return dict(self._w3c_fields)

    def log(self, message):
        from . import logs

        logs.log_plain(str(message))

    def __repr__(self):
        names = (
            "aws_request_id",
            "log_group_name",
            "log_stream_name",
            "function_name",
            "memory_limit_in_mb",
            "function_version",
            "invoked_function_arn",
            "client_context",
            "identity",
            "tenant_id",
        )
        return "LambdaContext([{}])".format(",".join("{}={}".format(name, getattr(self, name)) for name in names))


def context_of(header):
    return LambdaContext(
        header,
        _parse(header.get("clientContext"), "Client Context"),
        _parse(header.get("cognitoIdentity"), "Cognito Identity") or {},
    )


def _parse(text, name):
    if not text:
        return None
    try:
        return json.loads(text)
    except Exception as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", "Unable to parse {} JSON: {}".format(name, error))


def _take_w3c(client_context):
    """Trace context that came inside the client context is moved out of it, known fields only."""
    if not isinstance(client_context, dict):
        return {}
    source = client_context.pop("w3c", None)
    if not isinstance(source, dict):
        return {}
    return {name: source[name] for name in _W3C_FIELDS if isinstance(source.get(name), str)}
