"""Clips in and out: what a clip is, the confined decoder process, sound, and the annotated video."""
