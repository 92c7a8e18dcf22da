"""The one result type, and everything made from it: wording, files, figures, report, overlay."""
