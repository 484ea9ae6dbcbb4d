"""Pictures for elsewhere: whole in themselves, with letters, kept by position, drawn a few at a time."""

import asyncio
import re
import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from edge.problems import Problem
from progress.pages import assets
from progress.pages.pictures import raster
from progress.pages.pictures.paint import COLOURS, written_out
from progress.pages.pictures.raster import NotDrawn, Raster
from tests.progress.pages.looking import Outline, Told, shown
from tests.progress.pages.test_pages import with_offers
from tests.progress.saxony import saxony

EVERY = [
    "/bilder/stand.svg",
    "/bilder/karte.svg",
    "/bilder/entwicklung.svg",
    "/bilder/stand.svg?ort=DE-SN",
    "/bilder/entwicklung.svg?ort=DE",
    "/bilder/stand.svg?ort=145110000000",
    "/bilder/entwicklung.svg?ort=145110000000",
    "/bilder/entwicklung.svg?ort=147130000000",
    "/bilder/stand.svg?thema=steuern_zoll",
    "/bilder/entwicklung.svg?thema=steuern_zoll&ort=DE-SN",
    "/bilder/stand.svg?leistung=99102002000000",
    "/bilder/entwicklung.svg?leistung=basis:postausgang",
    "/bilder/stand.svg?kreis=145220000000",
    "/bilder/entwicklung.svg?kreis=145220000000",
    "/bilder/laender.svg?leistung=99102002000000",
    "/bilder/laender.svg?thema=steuern_zoll",
    "/bilder/laender.svg?loesung=hund",
]
SVG = "{http://www.w3.org/2000/svg}"
CSS = Path(assets.__file__).parent / "static" / "css"
LETTERS = pytest.mark.skipif(not raster.ready(assets.BUILT), reason="the fonts are not built: run `make setup`")


async def test_every_picture_stands_alone(told: Told) -> None:
    """No class, style, script or link, a title and a text, and every shape has its colour."""
    async with told(with_offers()) as client:
        for path in EVERY:
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert answer.headers["content-type"].startswith("image/svg+xml")
            assert "content-security-policy" in answer.headers
            root = ET.fromstring(answer.text)
            assert root.get("role") == "img"
            assert [one.tag for one in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
            assert all(one.text for one in root[:2]), path
            tags = {one.tag.removeprefix(SVG) for one in root.iter()}
            assert not tags & {"a", "style", "script", "image", "foreignObject"}
            assert not [one for one in root.iter() if {"class", "style", "href"} & one.attrib.keys()]
            for one in root.iter():
                if one.tag.removeprefix(SVG) in {"rect", "path", "circle", "line"}:
                    assert one.get("fill") or one.get("stroke"), ET.tostring(one)


async def test_a_picture_says_its_figures_days_and_source_in_either_language(told: Told) -> None:
    async with told(with_offers()) as client:
        german = (await client.get("/bilder/stand.svg?ort=DE-SN&as_of=2026-06-30&lang=de")).text
        english = (await client.get("/bilder/stand.svg?ort=DE-SN&as_of=2026-06-30&lang=en")).text
    assert "Sachsen: Stand der Leistungen" in german
    assert "Stand 30.06.2026, bekannt am 20.11.2026" in german
    assert "Destatis" in german
    assert "Saxony" in english
    assert "30 Jun 2026" in english


async def test_a_picture_is_kept_by_position(told: Told) -> None:
    async with told(with_offers()) as client:
        first = await client.get("/bilder/stand.svg")
        again = await client.get("/bilder/stand.svg", headers={"If-None-Match": first.headers["etag"]})
        other = await client.get("/bilder/stand.svg?lang=en", headers={"If-None-Match": first.headers["etag"]})
        third = await client.get("/bilder/stand.svg")
        fourth = await client.get("/bilder/stand.svg")
    assert first.headers["etag"].startswith(f'W/"{len(with_offers().log)}-')
    assert again.status_code == 304
    assert other.status_code == 200
    assert third.content == fourth.content
    assert fourth.headers["content-type"].startswith("image/svg+xml")


@pytest.mark.parametrize(
    "path",
    [
        "/bilder/karte.gif",
        "/bilder/nichts.svg",
        "/bilder/svg",
        "/bilder/stand.svg?ort=999999999999",
        "/bilder/stand.svg?thema=nichts",
        "/bilder/stand.svg?leistung=1",
        "/bilder/stand.svg?kreis=145225119010",
        "/bilder/laender.svg",
        "/bilder/laender.svg?loesung=nichts",
    ],
)
async def test_there_is_no_picture_of_what_is_not(told: Told, path: str) -> None:
    async with told(saxony()) as client:
        assert (await client.get(path)).status_code == 404


async def test_an_impossible_day_is_refused(told: Told) -> None:
    async with told(saxony()) as client:
        assert (await client.get("/bilder/karte.svg?as_of=gestern")).status_code == 422


async def test_below_every_picture_are_links_to_it_that_work(told: Told) -> None:
    async with told(with_offers()) as client:
        for page in (
            "/",
            "/laender/DE-SN",
            "/kommunen/145110000000",
            "/themen/bildung",
            "/leistungen/99102002000000",
            "/kreise/145220000000",
            "/loesungen/hund",
        ):
            html = await shown(client, f"{page}?as_of=2026-11-10")
            links = [str(link["href"]) for link in Outline(html).all("a") if "/bilder/" in (link.get("href") or "")]
            assert links, page
            for link in links:
                assert "as_of=2026-11-10" in link
                if ".svg" in link:
                    assert (await client.get(link)).status_code == 200, link


@LETTERS
async def test_a_png_is_twice_as_large_and_has_letters(told: Told) -> None:
    async with told(with_offers()) as client:
        answer = await client.get("/bilder/stand.png?ort=DE-SN")
        again = await client.get("/bilder/stand.png?ort=DE-SN", headers={"If-None-Match": answer.headers["etag"]})
        svg = (await client.get("/bilder/stand.svg?ort=DE-SN")).text
    assert answer.headers["content-type"] == "image/png"
    assert again.status_code == 304
    width, height = struct.unpack(">II", answer.content[16:24])
    size = re.search(r'width="(\d+)" height="(\d+)"', svg)
    assert size is not None
    assert (width, height) == (2 * int(size[1]), 2 * int(size[2]))
    silent = await Raster(assets.BUILT).png(re.sub(r"<text.*?</text>", "", svg, flags=re.DOTALL))
    assert len(answer.content) > len(silent) + 5000


@LETTERS
async def test_letters_bear_their_weight() -> None:
    text = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><text y="20" font-family="Fira Sans" {}>Amt</text></svg>'
    drawer = Raster(assets.BUILT)
    weights = [await drawer.png(text.format(more)) for more in ("", 'font-weight="500"', 'font-weight="600"')]
    assert len(set(weights)) == 3


async def test_without_letters_nothing_is_drawn_silently(tmp_path: Path) -> None:
    with pytest.raises(Problem) as refused:
        await Raster(tmp_path).png("<svg/>")
    assert refused.value.status == 503
    assert refused.value.type_slug == "no-font"


@LETTERS
async def test_only_so_many_wait_for_their_picture() -> None:
    drawer = Raster(assets.BUILT)
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    found = await asyncio.gather(*(drawer.png(svg) for _ in range(raster.WAITING + 2)), return_exceptions=True)
    refused = [one for one in found if isinstance(one, Problem)]
    assert [one.type_slug for one in refused] == ["too-many-pictures"] * 2
    assert sum(isinstance(one, bytes) for one in found) == raster.WAITING
    assert isinstance(await drawer.png(svg), bytes)


@LETTERS
async def test_what_takes_too_long_is_ended_and_what_is_no_picture_is_told() -> None:
    with pytest.raises(Problem):
        await Raster(assets.BUILT, seconds=0).png("<svg/>")
    with pytest.raises(NotDrawn):
        await Raster(assets.BUILT).png("no picture")


def test_the_colours_are_those_of_the_style_sheets() -> None:
    tokens = dict(
        re.findall(r"(--kern-[a-z0-9-]+):(#[0-9a-f]+)", (CSS / "without_kern.css").read_text().partition("@media")[0])
    )
    ours = re.findall(
        r"--([a-z0-9-]+):var\((--kern-[a-z0-9-]+)\)", (CSS / "colours.css").read_text().partition("@media")[0]
    )
    meant = {name: tokens[token] for name, token in ours if token in tokens}
    assert {name: meant.get(name) for name in COLOURS} == dict(COLOURS)


def test_a_class_without_a_colour_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        written_out('<svg xmlns="http://www.w3.org/2000/svg"><rect class="unknown"/></svg>')
