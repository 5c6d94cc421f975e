"""The curve of refusal as a small SVG: unanswerable questions refused against answerable ones refused."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["draw_curve"]

SIZE, EDGE = 320, 46  # of the square and the room around it


def draw_curve(points: Sequence[tuple[float, float]], chosen: tuple[float, float]) -> str:
    """`points` are (answerable refused, unanswerable refused), rising; `chosen` is where the thresholds stand today."""
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    ticks = "".join(
        f'<text x="{_x(t):.0f}" y="{SIZE + EDGE:.0f}" text-anchor="middle">{t:.1f}</text>'
        f'<text x="{EDGE - 6}" y="{_y(t) + 4:.0f}" text-anchor="end">{t:.1f}</text>'
        for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    )
    whole = SIZE + 2 * EDGE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" width="420" font-family="sans-serif" font-size="11">'
        "<title>Unanswerable questions refused against answerable ones refused</title>"
        '<rect width="100%" height="100%" fill="#fff"/>'
        f'<rect x="{EDGE}" y="{EDGE / 2:.0f}" width="{SIZE}" height="{SIZE}" fill="none" stroke="#999"/>'
        f'<polyline points="{path}" fill="none" stroke="#0b6e4f" stroke-width="2"/>'
        f'<circle cx="{_x(chosen[0]):.1f}" cy="{_y(chosen[1]):.1f}" r="4" fill="#b3261e"/>'
        f'<text x="{_x(chosen[0]) + 9:.1f}" y="{_y(chosen[1]) + 14:.1f}">as shipped: {chosen[1]:.2f} at {chosen[0]:.2f}</text>{ticks}'
        f'<text x="{EDGE + SIZE / 2:.0f}" y="{SIZE + EDGE + 20}" text-anchor="middle">answerable questions refused</text>'
        f'<text transform="translate(12 {EDGE / 2 + SIZE / 2:.0f}) rotate(-90)" text-anchor="middle">unanswerable questions refused</text></svg>\n'
    )


def _x(share: float) -> float:
    return EDGE + share * SIZE


def _y(share: float) -> float:
    return EDGE / 2 + (1 - share) * SIZE
