"""What every exported page is made of: the frame, its look, pictures and numbers as HTML. One file, opened anywhere."""

from __future__ import annotations

import base64
import html
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]

# Nothing is fetched and nothing is run, whatever a class name or a note may hold.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

# The colours are those of the window's two themes.
_STYLE = """
:root { color-scheme: light dark; --ground: #fff; --panel: #f3f5f8; --line: #d5d9e1; --text: #1e222b; --quiet: #5c6475;
  --accent: #2b66dd; --path: #cf2f48; --selection: #d3e1fd; --rim: #0001; }
@media screen and (prefers-color-scheme: dark) { :root { --ground: #16181d; --panel: #1c1f26; --line: #343946;
  --text: #d7dae0; --quiet: #8b93a3; --accent: #6ea0ff; --path: #f7556a; --selection: #2b3a57; --rim: #fff1; } }
* { box-sizing: border-box; }
body { max-width: 1100px; margin: 0 auto; padding: 32px 24px; background: var(--ground); color: var(--text);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Inter, Cantarell, "Noto Sans", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 26px; font-weight: 600; line-height: 1.25; }
h1 small { font-size: inherit; font-weight: 400; color: var(--quiet); }
h2 { margin: 40px 0 12px; font-size: 12px; font-weight: 600; letter-spacing: .06em; text-transform: uppercase;
  color: var(--quiet); }
h2 small { font-size: inherit; font-weight: 400; letter-spacing: 0; text-transform: none; }
h2.group { margin-bottom: 4px; font-size: 18px; letter-spacing: 0; text-transform: none; color: var(--text); }
h3 { margin: 0; font-size: 15px; font-weight: 600; }
p { margin: 4px 0 0; }
.quiet, figcaption, footer { color: var(--quiet); }
.label { margin-top: 12px; white-space: pre-line; }
.chip { display: inline-block; margin-right: 8px; padding: 1px 10px; border-radius: 6px; background: var(--selection); }
.row { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start; }
.row > section > h2:first-child, .row > figure { margin-top: 0; }
.first { margin-top: 24px; }
.grow { flex: 1 1 200px; min-width: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, 96px); gap: 16px; justify-content: space-between; }
figure { margin: 0; break-inside: avoid; }
figcaption { margin-top: 6px; font-size: 12px; line-height: 1.4; }
figcaption b { font-weight: 600; color: var(--text); }
img { display: block; height: auto; border-radius: 4px; image-rendering: pixelated; outline: 1px solid var(--rim);
  outline-offset: -1px; }
.tight { display: grid; }
.tight img { border-radius: 0; outline: 1px solid var(--line); outline-offset: 0; }
.facts figure { margin-top: 16px; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 5px 0; border-bottom: 1px solid var(--line); font-weight: 400; vertical-align: baseline; }
th { padding-right: 12px; text-align: left; color: var(--quiet); white-space: nowrap; }
td { text-align: right; }
svg { display: block; max-width: 100%; height: auto; overflow: visible; }
svg text { font-size: 11px; fill: var(--quiet); }
svg .title, svg .strong { fill: var(--text); }
svg .bar { fill: var(--accent); }
svg .axis { stroke: var(--line); fill: none; }
svg .mark { stroke: var(--path); fill: none; }
svg .found { fill: var(--path); }
svg .line { stroke: var(--accent); stroke-width: 2; fill: none; stroke-linejoin: round; }
svg .faint { stroke: var(--quiet); stroke-width: 1.25; stroke-dasharray: 3 3; fill: none; }
svg .dot { fill: var(--accent); }
.unit { padding: 16px 0; border-bottom: 1px solid var(--line); break-inside: avoid; }
.unit .row { margin-top: 12px; }
footer { margin-top: 40px; padding-top: 12px; border-top: 1px solid var(--line); font-size: 12px; }
@page { margin: 12mm; }
@media print { body { width: 1052px; max-width: none; padding: 0; zoom: .66; } h2, h3 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } section { break-inside: avoid; } }
"""


def page(title: str, body: str) -> str:
    """Frame `body`, which is HTML, as a whole page; `title` is plain text."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="generator" content="Filterscope">\n'
        f"<title>{escaped(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def escaped(text: str) -> str:
    """Make text fit to stand anywhere in HTML, attributes included."""
    return html.escape(text, quote=True)


def image(picture: Picture, width: int, alternative: str) -> str:
    """Give an `img` of its own pixels, `width` CSS pixels wide.

    Parameters
    ----------
    picture : uint8 (height, width, 3)
    width : int
    alternative : str
        Plain text for those who do not see it.
    """
    content = io.BytesIO()
    Image.fromarray(picture).save(content, format="PNG", optimize=True)
    source = base64.b64encode(content.getvalue()).decode("ascii")
    return f'<img src="data:image/png;base64,{source}" style="width:{width}px" alt="{escaped(alternative)}">'


def figure(content: str, *captions: str) -> str:
    """Put lines, which are HTML, under `content`; empty ones are left out."""
    lines = "<br>".join(line for line in captions if line)
    return f"<figure>{content}<figcaption>{lines}</figcaption></figure>"
