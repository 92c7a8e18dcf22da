"""The evaluation harness: a corpus in, macro-F1 with intervals out. `python -m eval run|report`."""
