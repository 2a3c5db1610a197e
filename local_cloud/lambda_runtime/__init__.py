"""AWS Lambda: functions as processes that run AWS's own runtime client.

`worker` is one execution environment, `pool` the environments of one function, `runtime` all functions.
"""
