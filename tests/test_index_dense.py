"""Nearest vectors where there are too many to look at each: the codes must find what looking at each finds."""

from __future__ import annotations

import numpy as np
import pytest

from gba_qa.index import dense
from gba_qa.index.dense import Vectors, unit_rows


@pytest.fixture(scope="module")
def matrix() -> np.ndarray:  # type: ignore[type-arg]
    """20,000 rows in 200 clusters, the last 30 of them equal."""
    random = np.random.default_rng(3)
    centres = random.standard_normal((200, 64))
    rows = centres[random.integers(0, 200, 20_000)] + random.standard_normal((20_000, 64)) * 0.7
    rows[-30:] = rows[-1]
    return unit_rows(rows, 64)


@pytest.mark.parametrize("share", [None, 1.0, 0.5, 0.2, 0.01])
def test_codes_find_what_an_exact_scan_finds(
    matrix: np.ndarray,  # type: ignore[type-arg]
    monkeypatch: pytest.MonkeyPatch,
    share: float | None,
) -> None:
    monkeypatch.setattr(dense, "FLAT_BELOW", 1000)
    vectors, random = Vectors(matrix), np.random.default_rng(4)
    among = None if share is None else np.sort(random.choice(20_000, int(20_000 * share), replace=False))
    rows = np.arange(20_000) if among is None else among
    found = []
    for query in matrix[random.integers(0, 20_000, 40)] + random.standard_normal((40, 64)).astype(np.float32) * 0.03:
        exact = rows[np.argsort(-(matrix[rows] @ query), kind="stable")[:20]]
        got, scores = vectors.search(query, 20, among)
        assert np.isin(got, rows).all()
        assert scores == pytest.approx(
            matrix[got] @ query / np.linalg.norm(query), abs=1e-5
        )  # exact, not the codes' guess
        found.append(np.isin(exact, got).mean())
    assert np.mean(found) > 0.98


def test_all_that_tie_come_back(matrix: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[type-arg]
    for limit in (1000, 100_000):
        monkeypatch.setattr(dense, "FLAT_BELOW", limit)
        got, _ = Vectors(matrix).search(matrix[-1], 5)
        assert sorted(got) == list(range(19_970, 20_000))
