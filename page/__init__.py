"""The parts of the Gradio page that are no layout: app.py puts them together."""
