"""API Gateway (REST API), as far as its callers can tell: routes, keys, limits, refusals, Lambda proxy.

`steps` is the specification; `app` runs it. Everything it knows comes from the deployed definition.
"""
