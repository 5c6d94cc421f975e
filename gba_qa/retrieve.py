"""Find the passages for a question: keyword and dense candidates, one fused score.

Candidates are collected widely from both sides; the order comes from one convex sum of three scores that share the scale
0 to 1: BM25 as a share of the query's own best possible score, the cosine of the pooled vectors, and MaxSim over token
vectors.  The weights depend on the language pair: from English to Chinese only figures, names and the terms of the glossary
meet as keywords.  Equal-weight rank fusion fell below its stronger arm in measurements (see eval/README.md), so ranks are not
used.

Two things that scores can't know: a question about a document itself (who wrote this report, when was the law adopted) is answered
where documents begin, and the rows of one table all match by what stands above them, so that more than two of them wait behind the rest.

Parallel versions of one document (same `slug` in their front matter) are alternatives: a reader is shown the one in the
language asked in, so the others are left out before the search.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, get_args

import numpy as np

from gba_qa.errors import UsageError
from gba_qa.glossary import translations
from gba_qa.rerank import maxsim
from gba_qa.text import detect_language, fold, join_surrogates, tokenize
from gba_qa.types import Chunk, Embedder, Floats, Hit, Language
from gba_qa.variants import other_wordings, spelled_out

__all__ = ["HybridRetriever", "Mode", "Weights"]

Mode = Literal["hybrid", "dense", "bm25"]
CANDIDATES = 100  # from each side; recall of the union stops growing here on XQuAD and the shipped gold set
WORDINGS = 2  # that the glossary gives for a term (up to three), where a passage uses one: what the best cross-language score is divided by
FRONT = 0.15  # added near the beginning of a document to what tells its particulars, where the question is about the document itself
ROWS = 2  # of one table, before the other candidates

_BEGINNING = 1000  # characters: the first page of a document that has none
_THE_DOCUMENT = re.compile(
    r"\b(?:report|article|paper|study|law|act|notice|circular|document|agenda|plan|review)\b"
    r"|报告|文章|论文|本文|法律|这部法|该法|法例|通知|公告|文件|议程|研究|规划|方案",
    re.IGNORECASE,
)
_ITS_PARTICULARS = re.compile(
    r"\b(?:who|authors?|wrote|written|writes|commission(?:ed|s)?|publish(?:ed|er)?|issued?|adopted|promulgated|passed|dated"
    r"|journal|volume|which (?:body|institute|institution|department|organi[sz]ation))\b"
    r"|作者|撰写|编写|委托|执笔|刊于|刊登|期刊|学报|哪一期|发表|出版|发布|印发|颁布|通过|哪个部门|哪个机构|谁写",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Weights:
    """Shares of the three scores; they sum to 1.  Tuned on the development half of the gold set: see eval/README.md."""

    bm25: float
    dense: float
    maxsim: float


SAME_LANGUAGE = Weights(bm25=0.5, dense=0.2, maxsim=0.3)
CROSS_LANGUAGE = Weights(bm25=0.25, dense=0.25, maxsim=0.5)


class SearchableIndex(Protocol):
    """What the retriever needs of an index engine."""

    def __len__(self) -> int: ...
    def documents(self) -> Sequence[DocumentInfo]: ...
    def search_dense(self, vector: Floats, k: int, *, doc_ids: Collection[str] | None = None) -> list[Hit]: ...
    def search_bm25(self, tokens: Sequence[str], k: int, *, doc_ids: Collection[str] | None = None) -> list[Hit]: ...
    def bm25_best(self, tokens: Sequence[str]) -> float: ...
    def bm25_scores(self, tokens: Sequence[str], chunk_ids: Sequence[str]) -> Floats: ...
    def dense_scores(self, vector: Floats, chunk_ids: Sequence[str]) -> Floats: ...
    def token_vectors(self, chunk_ids: Sequence[str]) -> list[Floats]: ...


class DocumentInfo(Protocol):
    """What the retriever needs to know of a document."""

    @property
    def id(self) -> str: ...
    @property
    def language(self) -> Language: ...
    @property
    def slug(self) -> str: ...


class HybridRetriever:
    """Keyword and dense search over one index, fused.  Without an embedder it is BM25 alone."""

    def __init__(
        self,
        index: SearchableIndex,
        embedder: Embedder | None,
        *,
        mode: Mode = "hybrid",
        same_language: Weights = SAME_LANGUAGE,
        cross_language: Weights = CROSS_LANGUAGE,
        rerank: bool = True,
        parallels: bool = True,
    ) -> None:
        self.index = index
        self.embedder = embedder
        self.mode: Mode = _checked(mode)
        self.same_language = same_language
        self.cross_language = cross_language
        self.rerank = rerank
        self.parallels = parallels

    def retrieve(
        self, query: str, k: int = 5, *, mode: Mode | None = None, doc_ids: Collection[str] | None = None
    ) -> list[Hit]:
        """The k best chunks, best first, ties by chunk id.

        `doc_ids` limits the search to these documents.  `score` is BM25 for mode "bm25", cosine for "dense", and 0 to 1
        for "hybrid".  Raises UsageError for another mode.
        """
        mode = self.mode if mode is None else _checked(mode)
        query = join_surrogates(query)
        if not query.strip() or k < 1 or len(self.index) == 0:
            return []
        language = detect_language(query)
        query = spelled_out(query, self._rarity)
        allowed = self._allowed(language, doc_ids)
        own, across = self._query_tokens(query, language, allowed)
        if mode == "bm25" or self.embedder is None:
            hits = self.index.search_bm25(own + across, k, doc_ids=allowed)
            return self._with_bm25_share(hits, own + across)
        vector = np.asarray(self.embedder.encode_query([query]), dtype=np.float32)[0]
        if mode == "dense":
            return self.index.search_dense(vector, k, doc_ids=allowed)
        candidates = {
            hit.chunk.id: hit.chunk
            for hits in (
                self.index.search_bm25(own, CANDIDATES, doc_ids=allowed),
                self.index.search_bm25(across, CANDIDATES, doc_ids=allowed),
                self.index.search_dense(vector, CANDIDATES, doc_ids=allowed),
            )
            for hit in hits
        }
        if not candidates:
            return []
        chunks = [candidates[chunk_id] for chunk_id in sorted(candidates)]
        fused = self._scored(query, own, across, vector, chunks, language)
        if asks_about_document(query):
            fused = [replace(hit, score=min(1.0, hit.score + _front(hit))) for hit in fused]
        fused.sort(key=lambda hit: (-hit.score, hit.chunk.id))
        return _spread(fused)[:k]

    def with_signals(self, query: str, hits: Sequence[Hit]) -> list[Hit]:
        """The hits of keyword or vector search in their order, each with all the scores that hybrid search gives it: what answering goes by."""
        if not hits or self.embedder is None:
            return list(hits)
        language = detect_language(query)
        query = spelled_out(query, self._rarity)
        own, across = self._query_tokens(query, language, self._allowed(language, None))
        vector = np.asarray(self.embedder.encode_query([query]), dtype=np.float32)[0]
        return self._scored(query, own, across, vector, [hit.chunk for hit in hits], language)

    def _allowed(self, language: Language, doc_ids: Collection[str] | None) -> Collection[str] | None:
        """The documents to search: those asked for, less the parallel versions in other languages."""
        if not self.parallels:
            return doc_ids
        wanted = None if doc_ids is None else set(doc_ids)
        versions: dict[str, list[DocumentInfo]] = {}
        documents = self.index.documents()
        for info in documents:
            if info.slug and (wanted is None or info.id in wanted):
                versions.setdefault(info.slug, []).append(info)
        left_out = {
            info.id
            for group in versions.values()
            if len(group) > 1
            for info in group
            if info.language != min((i.language for i in group), key=lambda other: _distance(language, other))
        }
        if not left_out:
            return doc_ids
        return {info.id for info in documents if info.id not in left_out and (wanted is None or info.id in wanted)}

    def _rarity(self, token: str) -> float:
        return self.index.bm25_best([token])

    def _query_tokens(
        self, query: str, language: Language, allowed: Collection[str] | None
    ) -> tuple[list[str], list[str]]:
        """The question's tokens with those of other usages; and, where documents in the other language are searched, its terms in that."""
        own = tokenize(query)
        # An acronym rarer than what it stands for, which the query says, would outweigh all else.
        usual = (wording for wording in other_wordings(query) if spelled_out(wording, self._rarity) == wording)
        own += [token for wording in usual for token in tokenize(wording)]
        searched = (info for info in self.index.documents() if allowed is None or info.id in allowed)
        if not any((info.language == "en") != (language == "en") for info in searched):
            return own, []
        known = set(own)
        across = [token for term in translations(query) for token in term if token not in known]
        return own, across + [token for token in own if any(map(str.isdigit, token))] if across else []

    def _scored(
        self,
        query: str,
        own: Sequence[str],
        across: Sequence[str],
        vector: Floats,
        chunks: Sequence[Chunk],
        language: Language,
    ) -> list[Hit]:
        """The chunks in their order as hits of hybrid search."""
        signals = self._signals(query, own, across, vector, [chunk.id for chunk in chunks])
        return [
            self._hit(chunk, {name: float(values[i]) for name, values in signals.items()}, language)
            for i, chunk in enumerate(chunks)
        ]

    def _signals(
        self, query: str, own: Sequence[str], across: Sequence[str], vector: Floats, ids: Sequence[str]
    ) -> Mapping[str, Floats]:
        # Each language by itself: both together reach any bound on a page that says everything in both.
        best = self.index.bm25_best(tokenize(query))
        bm25 = self.index.bm25_scores(own, ids) / best if best > 0 else np.zeros(len(ids), dtype=np.float32)
        if across:
            bound = max(best, self.index.bm25_best(across) / WORDINGS)
            bm25 = np.maximum(bm25, self.index.bm25_scores(across, ids) / bound)
        signals = {
            "bm25": np.clip(bm25, 0, 1),
            "dense": np.clip(self.index.dense_scores(vector, ids), 0, 1),
        }
        encode_tokens = getattr(self.embedder, "encode_tokens", None)
        if self.rerank and encode_tokens is not None:
            passages = self.index.token_vectors(ids)
            if passages:
                signals["maxsim"] = np.clip(maxsim(encode_tokens([query])[0], passages), 0, 1)
        return signals

    def _hit(self, chunk: Chunk, signals: Mapping[str, float], language: Language) -> Hit:
        same = (language == "en") == (chunk.language == "en")
        weights = self.same_language if same else self.cross_language
        # Without token vectors the pooled cosine takes their share.
        score = (
            weights.bm25 * signals["bm25"]
            + weights.dense * signals["dense"]
            + weights.maxsim * signals.get("maxsim", signals["dense"])
        )
        return Hit(chunk, score, "hybrid", signals)

    def _with_bm25_share(self, hits: Sequence[Hit], tokens: Sequence[str]) -> list[Hit]:
        best = self.index.bm25_best(tokens)
        return [Hit(h.chunk, h.score, h.retriever, {"bm25": min(1.0, h.score / best) if best else 0.0}) for h in hits]


def _checked(mode: Mode) -> Mode:
    if mode not in get_args(Mode):
        raise UsageError(f"mode is {mode!r}, not one of {', '.join(get_args(Mode))}")
    return mode


def asks_about_document(query: str) -> bool:
    """Whether a question asks for the particulars of a document: its author, date, publisher.

    >>> [asks_about_document(q) for q in ("Which institute wrote the report?", "這部法律何時通過？", "誰可以購買住房？")]
    [True, True, False]
    """
    folded = fold(query)
    return bool(_THE_DOCUMENT.search(folded) and _ITS_PARTICULARS.search(folded))


def _front(hit: Hit) -> float:
    """What a passage gains by standing where a document tells of itself: all of it with such words, else half, on the first page alone."""
    chunk = hit.chunk
    page = chunk.page if chunk.page is not None else 1 + chunk.start / _BEGINNING
    if page < 2.5 and _ITS_PARTICULARS.search(fold(chunk.text)):
        return FRONT
    return FRONT / 2 if page < 2 else 0.0


def _spread(hits: Sequence[Hit]) -> list[Hit]:
    """The same hits; of each table the best ROWS rows at their places, the others at the end."""
    seen: Counter[tuple[str, str, str]] = Counter()
    first: list[Hit] = []
    later: list[Hit] = []
    for hit in hits:
        table = (hit.chunk.doc_id, hit.chunk.heading, hit.chunk.context)
        seen[table] += 1
        (first if not hit.chunk.context or seen[table] <= ROWS else later).append(hit)
    return first + later


def _distance(asked: Language, offered: Language) -> tuple[int, str]:
    """How far a version is from the language asked in: itself, the other Chinese script, then the rest by name."""
    if offered == asked:
        return 0, offered
    return (1 if asked != "en" and offered != "en" else 2), offered
