"""Pictures that stand alone: every colour and letter written out as an attribute, since no style sheet goes along.

Newsletters, slides and image viewers know neither our classes nor variables, and a strict policy allows no styles inside.
The colours are those of the style sheets in light; a test compares them.
"""

from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as ET

COLOURS: Final[Mapping[str, str]] = {
    "text": "#131525",
    "quiet": "#4f5678",
    "ground": "#fff",
    "line": "#c6cadb",
    "compliant": "#062b96",
    "online": "#6586d7",
    "open": "#d6e0f9",
    "stripe": "#a9aec6",
    "tone": "#a0b7ed",
    "peer": "#6c7394",
    "closed": "#e1e3ec",
    "k1": "#e4eafa",
    "k2": "#b0c3f1",
    "k3": "#829fe3",
    "k4": "#4067c4",
    "k5": "#00198b",
    "sign": "#2044aa",
    "sign-light": "#94aee9",
}
"""By the names that the style sheets give them."""

_Paint = Mapping[str, str]


def _fill(colour: str, **more: str) -> _Paint:
    return {"fill": COLOURS[colour], **{name.replace("_", "-"): value for name, value in more.items()}}


def _line(colour: str, width: str, dashes: str = "") -> _Paint:
    return {"stroke": COLOURS[colour], "stroke-width": width} | ({"stroke-dasharray": dashes} if dashes else {})


_BY_CLASS: Final[Mapping[str, _Paint]] = {
    **{f"b-{name}": _fill(name) for name in ("compliant", "online", "open")},
    "b-empty": {"fill": "url(#m-empty)"},
    "b-gap": _fill("ground"),
    "m-ground": _fill("ground"),
    "m-stripe": _fill("stripe"),
    "m-blue": _fill("tone"),
    **{f"k{number}": _fill(f"k{number}") for number in range(1, 6)},
    "k0": {"fill": "url(#m-empty)"},
    "s-open": _fill("compliant"),
    "s-members": _fill("online"),
    "s-from": {"fill": "url(#m-work)"},
    "s-closed": _fill("closed"),
    "land": {**_line("text", "1.4"), "stroke-linejoin": "round", "fill-rule": "evenodd"},
    "k-sign": _fill("sign", opacity=".5"),
    "light": _fill("sign-light", opacity=".7"),
    "axis": _line("quiet", "1"),
    "grid": _line("line", "1"),
    "l-main": _line("online", "2.5"),
    "l-deep": _line("compliant", "2.5"),
    "l-peer": _line("peer", "2", "2 6"),
    "l-region": _line("peer", "2", "9 5"),
    "p-main": _fill("online"),
    "p-deep": _fill("compliant"),
    "p-peer": _fill("peer"),
    "p-region": _fill("peer"),
    "scale": _fill("quiet", font_size="15"),
    "end": _fill("text", font_size="15"),
    "value": {"font-weight": "600"},
    "i-ground": _fill("ground"),
    "i-title": _fill("text", font_size="26", font_weight="600"),
    "i-text": _fill("text", font_size="15"),
    "i-quiet": _fill("quiet", font_size="14"),
    "i-strong": _fill("text", font_size="17", font_weight="600"),
    "i-note": _fill("text", font_size="15", font_weight="600"),
    "i-edge": {"stroke": COLOURS["quiet"], "stroke-width": ".75"},
}
_WITHIN: Final[Mapping[tuple[str, str], _Paint]] = {
    ("lines", "path"): {"fill": "none", "stroke-linejoin": "round", "stroke-linecap": "round"},
    ("districts", "path"): {"stroke": COLOURS["ground"], "stroke-width": ".7", "fill-rule": "evenodd"},
    ("regions", "path"): {"fill": "none", "fill-rule": "evenodd", "opacity": ".75", **_line("text", "1.4")},
    ("region-name", "text"): {
        **_fill("text", font_size="22", font_weight="500", text_anchor="middle", paint_order="stroke"),
        "stroke": COLOURS["ground"],
        "stroke-width": "5",
        "stroke-linejoin": "round",
    },
}
_PATTERNED: Final[Mapping[str, str]] = {"k2": "url(#k-2)", "k3": "url(#k-3)", "k4": "url(#k-4)"}
"""Beside their colour these have a pattern, except within the pattern itself."""
_ALONE: Final = frozenset({"lines", "districts", "regions", "region-name", "defs", "patterned"})
"""Classes that paint nothing themselves."""
_SVG: Final = "http://www.w3.org/2000/svg"


def written_out(svg: str) -> str:
    """The same picture without classes and links. Raises KeyError for a class that has no paint."""
    root = ET.fromstring(svg)  # noqa: S314 - what our own templates made
    _paint(root, frozenset())
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode")


def _paint(element: ET.Element, within: frozenset[str]) -> None:
    tag = element.tag.removeprefix(f"{{{_SVG}}}")
    classes = element.attrib.pop("class", "").split()
    if tag == "a":
        element.tag = f"{{{_SVG}}}g"
        element.attrib.clear()
    for place in within:
        for name, value in _WITHIN.get((place, tag), {}).items():
            element.attrib.setdefault(name, value)
    for one in classes:
        if one not in _ALONE:
            element.attrib.update(_BY_CLASS[one])
        if one in _PATTERNED and within & {"districts", "patterned"}:
            element.set("fill", _PATTERNED[one])
    inside = within | {one for one in classes if one in _ALONE}
    for child in element:
        _paint(child, inside)
