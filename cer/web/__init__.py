"""The Gradio page and the Space that serves it."""
