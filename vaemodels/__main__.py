"""`python -m vaemodels …`"""

import sys

from vaemodels.cli import main

if __name__ == "__main__":
    sys.exit(main())
