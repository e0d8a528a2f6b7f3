"""`python -m omnivlm.cli`."""

import sys

from omnivlm.cli import main

sys.exit(main())
