"""Thousands of photos on the worst of days, and then every store compared with what was answered."""
