"""What each function of the account ran and was billed for, from the REPORT lines in its log.

boto3 is there without bundling it, and finds its services and credentials by itself.
"""
import re
import time

import boto3

lambda_client = boto3.client("lambda")
logs = boto3.client("logs")

REPORT = re.compile(r"Billed Duration: (\d+) ms\s+Memory Size: (\d+) MB")


def handler(event, context):
    since = int((time.time() - 60 * event.get("minutes", 60)) * 1000)
    pages = lambda_client.get_paginator("list_functions").paginate()
    names = [function["FunctionName"] for page in pages for function in page["Functions"]]
    rows = [usage(name, since) for name in names]
    print(f"read the logs of {len(names)} functions")
    return {"functions": sorted(rows, key=lambda row: -row["gbSeconds"])}


def usage(name, since):
    group = f"/aws/lambda/{name}"
    invocations, billed_ms, gb_seconds = 0, 0, 0.0
    try:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=since, filterPattern='"REPORT RequestId"'
        )
        for page in pages:
            for found in filter(None, (REPORT.search(line["message"]) for line in page["events"])):
                milliseconds, megabytes = map(int, found.groups())
                invocations += 1
                billed_ms += milliseconds
                gb_seconds += milliseconds / 1000 * megabytes / 1024
    except logs.exceptions.ResourceNotFoundException:
        pass  # It has not run yet.
    return {"name": name, "invocations": invocations, "billedMs": billed_ms, "gbSeconds": round(gb_seconds, 4)}
