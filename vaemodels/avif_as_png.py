"""Standard input, an AVIF, as a small PNG on standard output; a program of its own, `vaemodels.picture_files` runs it.

What an AVIF decodes to is known only when it is decoded: it may declare 256 x 256 pixels and hold 12,000 x 12,000. So
the kernel holds this process, and nothing beside it, to `MOST_BYTES`. Where a system has no such limits (Windows), or
does not keep to them (macOS), only the declared size is checked.
"""

import io
import sys

from PIL import AvifImagePlugin, Image

MAX_PIXELS = 12_000_000  # as declared: of 8 bits with transparency these take some 150 MB for a moment
MOST_BYTES = 170 * 2**20  # of memory that is written to
SIDE = 512  # twice what a page works with
TOO_LARGE = 3  # the exit status


def main() -> None:
    """Decode the first picture, whatever of it is still too large made smaller by a whole factor, with its EXIF."""
    _limit_memory()
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each has buffers of its own
    with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=["AVIF"]) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            sys.exit(TOO_LARGE)
        small = image.reduce(max(1, max(width, height) // SIDE))
        small.save(sys.stdout.buffer, "PNG", exif=image.info.get("exif", b""))


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))


if __name__ == "__main__":
    main()
