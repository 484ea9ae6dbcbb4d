"""What a page looks like: pictures kept to look at, and what is wrong with it by machine."""

from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

ROOT: Final = Path(__file__).parents[2]
KEPT: Final = ROOT / ".data" / "screenshots"
"""Ignored by git; continuous integration keeps it."""
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def keep(page: Page, name: str) -> None:
    """A picture of the whole page."""
    KEPT.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=KEPT / f"{name}.png", full_page=True)


async def violations(page: Page, axe: str) -> list[str]:
    """What axe-core finds, by rule and first place."""
    await page.evaluate(axe)
    found: dict[str, Any] = await page.evaluate("rules => axe.run({runOnly: rules})", _RULES)
    return [
        f"{one['id']} at {one['nodes'][0]['target']} and {len(one['nodes']) - 1} more" for one in found["violations"]
    ]


async def sideways(page: Page) -> int:
    """By how many pixels it scrolls to the side."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
