"""The supervised track: networks trained on compound labels, beside the zero-shot method and apart from it.

Nothing here is used by the zero-shot profiles. All networks read the maps and embeddings of the frozen face network, so
each is small, and five seeds of each ship.
"""
