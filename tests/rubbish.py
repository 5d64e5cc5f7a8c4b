"""What an address may hold that nobody meant: tried on whatever reads one."""

RUBBISH = [
    "nonsense",
    "-1",
    "9" * 400,
    "1e999",
    "99999999999999999999",
    "nan",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "**bold** $x$ :red[x]",
    "%00\x00\n\t",
    "٣",
    "😀" * 50,
    "x" * 5_000,
    "mine-1' OR '1'='1",
]
