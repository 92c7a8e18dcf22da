"""Measurements: how fast, how much memory, beside what. Figures go to docs/benchmarks.md; nothing here is a test."""
