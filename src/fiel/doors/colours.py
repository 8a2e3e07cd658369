"""A business's colour in shades that can be read, on light pages and on dark ones.

Contrast is that of WCAG 2: 4.5 between letters and what they stand on, 3 between a part of the page and what is beside
it. Whatever colour a business chooses, the nearest shade that reaches it is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = [
    "BLACK",
    "DARK",
    "LIGHT",
    "WHITE",
    "Colour",
    "Shades",
    "contrast",
    "css_of",
    "letters_on",
    "parse",
    "shades_on",
]

Colour = tuple[int, int, int]
"""Red, green, blue: 0 to 255 each."""

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
LIGHT: tuple[Colour, ...] = (WHITE, (249, 250, 251))
"""What a light page is made of: its cards, and the page below them."""
DARK: tuple[Colour, ...] = ((31, 41, 55), (17, 24, 39))

_LETTERS = 4.5
_PARTS = 3.0
_SEEN = 1.5  # a button is known by its word; its edge must be seen, no more
_STEPS = 64


@dataclass(frozen=True, slots=True)
class Shades:
    """One colour on one kind of page."""

    ink: Colour
    """Letters in the colour."""
    mark: Colour
    """Ticks and bars, which bear a white sign."""
    fill: Colour
    """Buttons, as near to what was chosen as can be."""
    on_fill: Colour
    """The letters on them."""
    pressed: Colour
    """A button under the pointer."""


def parse(text: str) -> Colour:
    """`#0b5fb8` as its three parts."""
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue


def css_of(colour: Colour) -> str:
    """`#0b5fb8`"""
    return "#" + bytes(colour).hex()


def contrast(one: Colour, other: Colour) -> float:
    """How well two colours tell from each other: 1 (not at all) to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def letters_on(colour: Colour) -> Colour:
    """White or black, whichever can be read on the colour; white where both can."""
    return WHITE if contrast(colour, WHITE) >= _LETTERS else BLACK


def shades_on(page: tuple[Colour, ...], colour: Colour) -> Shades:
    """A colour's shades on pages of these colours."""
    away = BLACK if letters_on(page[0]) == BLACK else WHITE
    fill = _toward(away, colour, lambda shade: _reaches(shade, page, _SEEN))
    on_fill = letters_on(fill)
    ink = _toward(away, colour, lambda shade: _reaches(shade, page, _LETTERS))
    # On a dark page letters are light, and a white sign would be lost on them.
    mark = _toward(BLACK, ink, lambda shade: contrast(shade, WHITE) >= _PARTS)
    pressed = _mixed(fill, BLACK if on_fill == WHITE else WHITE, 10)
    return Shades(ink=ink, mark=mark, fill=fill, on_fill=on_fill, pressed=pressed)


def _reaches(shade: Colour, page: tuple[Colour, ...], least: float) -> bool:
    return all(contrast(shade, each) >= least for each in page)


def _toward(end: Colour, colour: Colour, good: Callable[[Colour], bool]) -> Colour:
    """The first shade on the way from a colour to black or white that is good."""
    shades = (_mixed(colour, end, step) for step in range(_STEPS + 1))
    return next((shade for shade in shades if good(shade)), end)


def _mixed(colour: Colour, end: Colour, step: int) -> Colour:
    red, green, blue = ((a * (_STEPS - step) + b * step) // _STEPS for a, b in zip(colour, end, strict=True))
    return red, green, blue


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
