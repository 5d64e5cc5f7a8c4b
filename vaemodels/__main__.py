"""`python -m vaemodels …`"""

import sys

from vaemodels.cli import main
from vaemodels.optimizer import flush_tiny_numbers

if __name__ == "__main__":
    flush_tiny_numbers()
    sys.exit(main())
