"""`python -m linnet`: the `linnet` command where it is not installed."""

import sys

from linnet.command_line import main

if __name__ == "__main__":
    sys.exit(main())
