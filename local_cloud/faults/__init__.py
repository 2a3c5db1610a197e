"""Faults on purpose, off by default: what AWS does on bad days happens here when a plan says so.

reading.py   a plan of YAML or JSON, checked
plan.py      its rules
faults.py    decides which call and which event is struck; what the door and S3's events ask
strikes.py   carries a strike out
"""
