"""A program of its own that draws one picture: SVG in, PNG out; `python drawing.py <zoom> <family> <font> …`.

What draws holds the interpreter's lock for as long as it draws, so in our process nobody else would be answered meanwhile.
"""

import sys

import resvg_py


def main() -> None:
    """From standard input to standard output."""
    zoom, family, *fonts = sys.argv[1:]
    drawn = resvg_py.svg_to_bytes(
        svg_string=sys.stdin.buffer.read().decode(),
        zoom=float(zoom),
        skip_system_fonts=True,
        font_files=fonts,
        font_family=family,
        sans_serif_family=family,
    )
    sys.stdout.buffer.write(bytes(drawn))


if __name__ == "__main__":
    main()
