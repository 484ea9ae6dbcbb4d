"""Styles, fonts and scripts: built, named after what is in them, and traps of the design system."""

import re
from pathlib import Path

import pytest

from progress.pages import assets
from tests.progress.pages.looking import Told, shown
from tests.progress.saxony import saxony

BUILT = pytest.mark.skipif(
    not (assets.BUILT / "kern.css").exists(), reason="the design system is not built: run `make setup`"
)


async def test_what_a_page_needs_is_served_here_and_kept_for_a_year(told: Told) -> None:
    async with told(saxony()) as client:
        page = await shown(client, "/")
        needed = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        (style,) = [one for one in needed if one.endswith(".css")]
        needed += [
            f"/static/{name}"
            for name in re.findall(r"url\(([^)#]+)\)", (await client.get(style)).text)
            if "data:" not in name
        ]
        for address in needed:
            answer = await client.get(address)
            assert answer.status_code == 200, address
            assert "immutable" in answer.headers["cache-control"], address
            assert re.search(r"\.[0-9a-f]{12}\.", address), address


async def test_under_an_older_name_there_is_the_present_style(told: Told) -> None:
    async with told(saxony()) as client:
        older = await client.get("/static/pages.000000000000.css")
        nothing = await client.get("/static/secrets.css")
    assert older.status_code == 200
    assert older.headers["cache-control"] == "no-cache"
    assert nothing.status_code == 404


@BUILT
def test_the_design_system_lies_in_a_layer_of_its_own_and_loads_nothing() -> None:
    kern = (assets.BUILT / "kern.css").read_text()
    assert kern.startswith("@layer kern{")
    assert "@charset" not in kern
    assert "@font-face" not in kern
    assert "@import" not in kern
    assert kern.count("{") == kern.count("}")


@BUILT
def test_the_contextual_colours_survive_the_purge() -> None:
    """Without them text in dark is black on black, and nobody notices in light."""
    kern = (assets.BUILT / "kern.css").read_text()
    assert "--kern-color-layout-text-default-contextual:var(--kern-color-layout-text-default)" in kern


@BUILT
def test_what_is_built_is_light() -> None:
    sizes = {path.name: path.stat().st_size for path in assets.BUILT.iterdir()}
    assert sizes["kern.css"] < 80_000
    assert max(size for name, size in sizes.items() if name.endswith(".woff2")) < 30_000


def test_without_the_design_system_our_own_styles_stand_alone(tmp_path: Path) -> None:
    """Every token that our styles use is given a value in its place."""
    style = assets._stylesheet(tmp_path, {}).decode()
    assert "@layer" not in style
    used = set(re.findall(r"var\((--kern-[a-z0-9-]+)", style))
    given = set(re.findall(r"(--kern-[a-z0-9-]+):", style))
    assert used <= given


def test_the_lock_names_no_registry() -> None:
    lock = Path(__file__).parents[3] / "services" / "progress" / "assets" / "package-lock.json"
    assert '"resolved"' not in lock.read_text()
