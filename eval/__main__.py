"""`python -m eval` is the harness' command line."""

import sys

from eval.cli import main

sys.exit(main())
