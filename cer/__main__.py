"""`python -m cer` is the command line."""

import sys

from cer.cli import main

sys.exit(main())
