"""`python -m eval` is the harness' command line."""

import sys

from .cli import main

sys.exit(main())
