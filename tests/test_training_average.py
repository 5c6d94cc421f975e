"""The mean of two stages of training, whose vocabularies may differ."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from training.average import WORDS, average  # noqa: E402


def state(body: float, rows: list[float]) -> dict:  # type: ignore[type-arg]
    return {"body.x": torch.full((2,), body), WORDS: torch.tensor(rows)[:, None].expand(-1, 3)}


def test_the_mean_is_weighted_and_goes_by_the_strings_of_the_rows() -> None:
    new, old = (["稅", "tax", "港"], state(1.0, [1.0, 2.0, 3.0]), 0.75), (["tax", "稅"], state(5.0, [6.0, 5.0]), 0.25)
    mean = average([new, old], new[0])
    assert mean["body.x"].tolist() == [2.0, 2.0]
    assert mean[WORDS][:, 0].tolist() == [2.0, 3.0, 3.0]  # 港 stands in one of them alone


def test_weights_that_do_not_sum_to_one_are_told() -> None:
    with pytest.raises(ValueError, match=r"sum to 0\.9"):
        average([(["a"], state(1.0, [1.0]), 0.9)], ["a"])
