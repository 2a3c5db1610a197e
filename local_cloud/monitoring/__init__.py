"""CloudWatch: what the services measure, and the alarms on it.

`metrics` gathers, `services` is what each service reports, `evaluation` judges, `monitor` does it all the time.
This room knows nobody: services call it through protocols of their own, the backend serves it through `monitor`'s.
"""
