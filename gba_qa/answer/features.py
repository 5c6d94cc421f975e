"""The features that tell whether a candidate answers a question.  choosing.json says what each is worth.

All are 0 to 1 or small counts, and a figure, year or name counts as the same in any script or language.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from gba_qa.answer.candidates import Candidate
from gba_qa.answer.question import Expected, Question
from gba_qa.answer.reading import Reading, read_text
from gba_qa.answer.tokens import TokenVectors
from gba_qa.names import PLACES, REGIONS
from gba_qa.quantities import MONEY, Quantity, same_quantity
from gba_qa.rerank import maxsim
from gba_qa.text import fold, tokenize
from gba_qa.types import Floats, Hit

__all__ = ["Idf", "features_of", "passage_similarities"]

Idf = Callable[[str], float]
MET = (35, 50, 65, 80)  # per cent of cosine: a token met above 80 stands there, below 35 nothing like it does
MOSTLY, NEARLY_ALL = 0.6, 0.9  # of the weight of a question's words, of what it asks about the things it names
UNSEEN = "\0"  # a token that no text has: its weight is the highest there is
SINGLE = 0.3  # what a single Chinese character weighs beside a pair: alone it rarely carries a meaning

_CAUSE = re.compile(
    r"因为|由于|因此|因而|原因|导致|使得|所以|缘于|源于|在于|有赖|为了|以免|成因|\bbecause\b|due to|\bsince\b|reason|caused?\b|led to|as a result|therefore|\bso that\b|thanks to|owing to"
)
_MEANING = re.compile(
    r"是指|指的是|意思|即|称为|又称|定义|\bmeans?\b|refers? to|is called|known as|defined|stands? for"
)
_COMPARE = re.compile(
    r"最|居首|首位|第一|高于|低于|多于|少于|超过|不及|相当|比|\b(?:most|least|first|second|third|than|highest|lowest|largest|biggest|smallest|fastest|same|above|below)\b|\w+est\b"
)
_HOW = re.compile(
    r"通过|透过|借助|凭|以.{1,12}方式|利用|采用|依靠|先.{1,20}再|\bby \w+ing\b|\bthrough\b|by means|\busing\b|\bwith\b"
)
_BESIDES = re.compile(r"\b(?:besides|apart from|other than|except|outside)\b|除[了去]?|以外|之外")
_FIGURE_ASKED = re.compile(  # plainly, with no other way to answer
    r"多少|几多|百分之几|[率占](?:是|为|系|有|呢)*[?]?$|\bhow (?:many|much(?! (?:more|less|bigger|larger|smaller|better|worse|higher|lower)))\b"
    r"|\bhow (?:big|large|long|tall|wide) (?:is|are|was|were)\b|有[多几][大长高宽]"
    r"|^what (?:is|was|were|are)\b[^?]*\b(?:rate|share|percentage|proportion)\b"
)
_TIMES = {"year", "month", "day", "quarter", "decade"}


def features_of(
    question: Question,
    candidates: Sequence[Candidate],
    *,
    idf: Idf | None = None,
    tokens: TokenVectors | None = None,
) -> list[dict[str, float]]:
    """One mapping per candidate.  Without `tokens` there are no similarities."""
    idf = idf or _idf_among([c.hit for c in candidates])
    weights = {t: idf(t) * (1.0 if len(t) > 1 or t.isascii() else SINGLE) for t in (*question.tokens, *question.others)}
    unseen = idf(UNSEEN) or 1.0
    found = [_features(question, candidate, weights, unseen) for candidate in candidates]
    for features, more in zip(found, _similarities(question, candidates, tokens), strict=True):
        features.update(more)
    _outdone(found)
    return found


def _outdone(found: Sequence[dict[str, float]]) -> None:
    """Keep `figureless` only where another candidate has a figure and, with what stands above it, what the question names and is about."""
    whole = any(
        f["fits"] == 1.0
        and not any(f[flaw] for flaw in ("figureless", "elsewhere", "name_missing", "figure_missing"))
        and (f["overlap"] + f["around"] > MOSTLY or f["attribute_near"] > NEARLY_ALL)
        for f in found
    )
    for features in found:
        features["figureless"] *= float(whole)


def _features(
    question: Question, candidate: Candidate, weights: Mapping[str, float], unseen: float
) -> dict[str, float]:
    chunk = candidate.hit.chunk
    held = read_text(candidate.text)
    around = read_text(f"{chunk.title}\n{chunk.heading}\n{chunk.context}")
    before, after, passage = read_text(candidate.before), read_text(candidate.after), read_text(chunk.text)
    asked = read_text(question.text)
    known = held.tokens | around.tokens
    attribute = read_text(question.attribute).tokens
    found = {
        "overlap": _covered(question, weights, held.tokens),
        "rare": _covered(question, {t: w * w for t, w in weights.items()}, held.tokens),
        "around": _covered(question, weights, around.tokens, without=held.tokens),
        "before": _covered(question, weights, before.tokens, without=known),
        "after": _covered(question, weights, after.tokens, without=known),
        "passage": _covered(question, weights, passage.tokens | around.tokens),
        "unknown": _covered(question, weights, frozenset(t for t, w in weights.items() if w >= 0.98 * unseen)),
        "rarest_missing": max((w for t, w in weights.items() if t not in passage.tokens | around.tokens), default=0.0)
        / unseen,
        "attribute": _share(attribute, weights, held.tokens),
        "attribute_near": _share(attribute, weights, held.tokens | around.tokens | before.tokens),
        "attribute_passage": _share(attribute, weights, passage.tokens | around.tokens),
        "phrases": len(asked.grams & held.grams) / max(1, len(asked.grams)),
        "hit": candidate.hit.score if candidate.hit.retriever == "hybrid" else candidate.hit.signals.get("bm25", 0.0),
        "first": float(candidate.rank == 0),
        "rank": 1.0 / (1 + candidate.rank),
        "new": math.log1p(len(held.tokens - asked.tokens)) / 5,
        "length": math.log1p(len(candidate.text)) / 6,
        "row": float(candidate.kind == "row"),
        "list": float(candidate.kind == "list"),
        "asks": float(candidate.text.rstrip().endswith(("?", "？"))),
    }
    return found | _agreement(question, held, around, before, passage) | _fits(question, held, candidate)


def _covered(
    question: Question, weights: Mapping[str, float], tokens: frozenset[str], *, without: frozenset[str] = frozenset()
) -> float:
    """Share of the question's weight that these tokens hold and `without` doesn't; another usage may stand in."""
    total = sum(weights[t] for t in question.tokens) or 1.0
    said = sum(weights[t] for t in question.tokens if t in tokens and t not in without)
    other = sum(weights[t] for t in question.others if t in tokens and t not in without)
    return min(1.0, (said + other) / total)


def _share(wanted: frozenset[str], weights: Mapping[str, float], tokens: frozenset[str]) -> float:
    """Share of the weight of the wanted tokens that is held; 1 where nothing is wanted."""
    total = sum(weights.get(t, 0.0) for t in wanted)
    return sum(weights.get(t, 0.0) for t in wanted & tokens) / total if total else 1.0


def _agreement(
    question: Question, held: Reading, around: Reading, before: Reading, passage: Reading
) -> dict[str, float]:
    """Whether the years, figures and names of the question stand in the candidate, or at least beside it."""
    asked = [q for q in question.quantities if q.kind not in {"month", "day"}]
    missing = [q for q in asked if not _holds(held.quantities, q)]
    nowhere = [q for q in missing if not _holds((*around.quantities, *before.quantities), q)]
    absent = [q for q in nowhere if not _holds(passage.quantities, q)]
    spoken_of = held.names
    compared = held.measures - read_text(question.text).measures
    if (
        (held.names & PLACES) - compared - question.names
    ):  # about another place: those it is only compared with don't count
        spoken_of -= compared
    names = question.names - spoken_of
    names_nowhere = names - around.names - before.names
    years = {q.value for q in question.quantities if q.kind == "year"}
    held_years = {q.value for q in held.quantities if q.kind == "year"}
    return {
        "figure_held": float(len(asked) - len(missing)),
        "figure_missing": float(len(nowhere)),
        "figure_absent": float(len(absent)),
        "name_held": float(len(question.names) - len(names)),
        "name_missing": float(len(names_nowhere)),
        "name_absent": float(len(names_nowhere - passage.names)),
        "other_year": float(bool(years) and bool(held_years) and not years & held_years),
        "other_place": float(bool(names & PLACES) and bool((spoken_of & PLACES) - question.names)),
        "elsewhere": float(_elsewhere(question, spoken_of, around.names | before.names)),
    }


def _elsewhere(question: Question, spoken_of: frozenset[str], near: frozenset[str]) -> bool:
    """Whether the candidate speaks of places, and neither it nor what stands around it of any that is asked about.

    Where places are asked for, or compared, those of the candidate are the answer.  The whole region is no other place than its parts.
    """
    asked = (question.names & PLACES) - REGIONS - read_text(question.text).measures
    if not asked or question.expected & {"place", "compare"} or _BESIDES.search(question.text.lower()):
        return False
    places = spoken_of & PLACES
    return bool(places) and not places & REGIONS and not asked & (places | near)


def _holds(quantities: Sequence[Quantity], wanted: Quantity) -> bool:
    return any(same_quantity(wanted, q) for q in quantities)


def _fits(question: Question, held: Reading, candidate: Candidate) -> dict[str, float]:
    """For each kind of thing asked for, how much of it the candidate holds that the question does not: 0 to 1.

    `fits` is the best of them, 0.5 where the question asks for nothing in particular.
    """
    fresh = [q for q in held.quantities if not any(same_quantity(q, a) for a in question.quantities)]
    kinds, units = {q.kind for q in fresh}, {q.unit for q in fresh}
    new_names = held.names - question.names
    items = len(re.findall(r"[、;]|以及|和|\band\b|, ", held.folded))
    checks: dict[Expected, float] = {
        "percent": float(bool(kinds & {"percent", "points"})),
        "number": float(bool(kinds & {"number", "percent"})),
        "money": 1.0 if units & MONEY else 0.4 if "number" in kinds else 0.0,
        "time": 1.0 if kinds & {"year", "decade"} else 0.7 if kinds & _TIMES else 0.0,
        "place": float(bool(new_names & PLACES)),
        "who": 1.0 if new_names - PLACES else 0.4,
        "list": 1.0 if candidate.kind == "list" else min(1.0, items / 3),
        "cause": float(bool(_CAUSE.search(held.folded))),
        "how": float(bool(_HOW.search(held.folded))),
        "length": float(bool(units & {"km", "metre", "year_span", "month_span", "day_span", "hour"})),
        "area": float(bool(units & {"km2", "m2", "ha"})),
        "meaning": float(bool(_MEANING.search(held.folded))),
        "compare": float(bool(_COMPARE.search(held.folded))),
    }
    asked = {kind: checks[kind] for kind in sorted(question.expected)}
    # "number" is a wide net: where something narrower is asked as well, the narrower one decides.
    narrow = [v for k, v in asked.items() if k != "number"] if question.expected & _MEASURES else list(asked.values())
    figure = [v for k, v in asked.items() if k in {"percent", "number", "money", "length", "area"}]
    return {
        "fits": max(narrow) if narrow else 0.5,
        "fits_figure": min(figure) if figure else 0.0,
        **{f"fits_{k}": asked.get(k, 0.0) for k in ("time", "place", "who", "list", "cause", "how", "meaning", "compare")},
        "lacks": _lacks(question, checks),
        "figureless": float(
            not kinds & {"number", "percent", "points"} and bool(_FIGURE_ASKED.search(fold(question.text)))
        ),
        "fresh_figure": float(bool(kinds & {"number", "percent"}) and not figure),
    }  # fmt: skip


def _lacks(question: Question, checks: Mapping[Expected, float]) -> float:
    """1 where a figure, percentage, length or time is asked for and none is there: the plainest sign that this is no answer."""
    for measure in ("percent", "length", "area", "money"):
        if measure in question.expected:
            return (
                float(checks[measure] == 0 and checks["number"] < 1)
                if measure == "money"
                else float(not checks[measure])
            )
    wanted = question.expected & {"number", "time"}
    return float(bool(wanted) and not any(checks[kind] for kind in wanted))


_MEASURES = frozenset({"percent", "money", "length", "area"})


def _similarities(
    question: Question, candidates: Sequence[Candidate], tokens: TokenVectors | None
) -> list[dict[str, float]]:
    """How well each token of the question is met in the candidate, and the other way round."""
    if tokens is None or not candidates:
        return [{}] * len(candidates)
    query, attribute = tokens.of_texts([question.text, question.attribute or question.text])
    vectors = tokens.of_candidates(candidates)
    met, back = _meetings(query, vectors)
    asked = maxsim(attribute, vectors)
    return [
        _how_met(met[:, i], "") | {"similarity_back": float(back[i]), "attribute_similarity": float(asked[i])}
        for i in range(len(candidates))
    ]


def passage_similarities(question: Question, candidate: Candidate, tokens: TokenVectors | None) -> dict[str, float]:
    """How well the question is met in the whole passage of a candidate, its heading too: what refusal looks at."""
    if tokens is None:
        return {}
    met, _ = _meetings(tokens.of_texts([question.text])[0], [tokens.of_passage(candidate.hit.chunk)])
    return _how_met(met[:, 0], "passage_")


def _meetings(query: Floats, texts: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Best cosine of each token of the query in each text, (tokens, texts), and the mean best cosine of each text's tokens in the query."""
    lengths = np.array([len(t) for t in texts])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    product = query @ np.concatenate(texts).T
    return np.maximum.reduceat(product, starts, axis=1), np.add.reduceat(product.max(axis=0), starts) / lengths


def _how_met(best: Floats, prefix: str) -> dict[str, float]:
    """The mean, the mean of the least met quarter (what the text does not speak of), and the shares met well and less well."""
    ordered = np.sort(best)
    return {
        f"{prefix}similarity": float(best.mean()),
        f"{prefix}weakest": float(ordered[: max(1, len(ordered) // 4)].mean()),
    } | {f"{prefix}met_{level}": float((best > level / 100).mean()) for level in MET}


def _idf_among(hits: Sequence[Hit]) -> Idf:
    """Without a corpus at hand, how rare a token is among the passages themselves."""
    texts = {h.chunk.id: h.chunk.text for h in hits}
    frequency = Counter(token for text in texts.values() for token in set(tokenize(text)))
    return lambda token: math.log(1 + (len(texts) + 1) / (frequency[token] + 0.5))
