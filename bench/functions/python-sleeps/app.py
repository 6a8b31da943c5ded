import time


def handler(event, context):
    time.sleep(event["ms"] / 1000)
    return "hello"
