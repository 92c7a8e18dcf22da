"""The entry of a Hugging Face Space: starts the page."""

from cer.web.app import serve

if __name__ == "__main__":
    serve()
