"""Fiel: a self-hosted loyalty platform. Start reading at docs/start-here.md."""
