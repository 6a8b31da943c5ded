"""Sentences that AWS's runtime puts into a function's log."""

UNHANDLED_EXCEPTION_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. "
    "However, in rare cases, a Lambda runtime update can cause unexpected function behavior. "
    "For functions using managed runtimes, runtime updates can be triggered by a function change, or can be applied "
    "automatically. To determine if the runtime has been updated, check the runtime version in the INIT_START log entry. "
    "If this error correlates with a change in the runtime version, you may be able to mitigate this error by temporarily "
    "rolling back to the previous runtime version. "
    "For more information, see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html"
)


_PREVIEW_WARNING = (
    "LAMBDA_WARNING: This is a preview runtime version and should not be used for production workloads. "
    "For further information and to provide feedback, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"
)


def warn_of_preview(variables):
    """One line at init of a runtime that AWS offers as a preview only, unless the function refuses it."""
    if variables.get("AWS_EXECUTION_ENV") == "AWS_Lambda_python3.15" and not variables.get("LAMBDA_DISABLE_PREVIEW_WARN"):
        import logging

        logging.warning(_PREVIEW_WARNING)
