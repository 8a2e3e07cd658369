"""Figures for Prometheus. No person, no business and no address stands in them.

A room that has something to count (sales recorded, letters sent) defines its own `prometheus_client` counter beside the
code that counts; it appears here by itself, since all share the library's one registry.
"""

from __future__ import annotations

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from fiel.ops.background import Background

__all__ = ["REQUESTS", "REQUEST_SECONDS", "exposition"]

REQUESTS = Counter("fiel_requests", "Requests answered.", ["method", "view", "status"])
REQUEST_SECONDS = Histogram("fiel_request_seconds", "Seconds taken to answer a request.", ["method", "view"])


def exposition() -> bytes:
    """All figures in Prometheus' text format, summed over the processes of this server; then those of all servers."""
    everywhere = CollectorRegistry()
    everywhere.register(Background())
    return _of_this_server() + generate_latest(everywhere)


def _of_this_server() -> bytes:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)
