"""`python -m vaemodels …`"""

import sys

if __name__ == "__main__":
    try:
        from vaemodels.cli import main
        from vaemodels.optimizer import flush_tiny_numbers
    except KeyboardInterrupt:  # torch takes a second or two
        if sys.stderr is not None:
            print("vaemodels: Interrupted before anything was begun; start it again.", file=sys.stderr)
        sys.exit(1)
    flush_tiny_numbers()
    sys.exit(main())
