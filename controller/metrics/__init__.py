"""Metrics: plain numbers where things happen, and what Prometheus makes of them only when it asks.

Nothing here costs a sync anything but an addition; `prometheus_client` is imported when the metrics port begins to
serve. docs/reference/metrics.md lists what there is, and a test compares the two.
"""
