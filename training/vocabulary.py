"""The bilingual vocabulary: MiniLM's English pieces and Chinese words whose rows start from their English glosses.

The tokenizer is one file that any `tokenizers` loads: a character map, BERT's lower-casing, Han runs set apart, and
WordPiece.  A Chinese word stands in the vocabulary both as `词` and as `##词` with the same id, so greedy longest match
segments a run, and a word that was pruned falls back to shorter words and characters by itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from training.characters import UNKNOWN_HAN, character_map, charsmap

ROWS = 64_000  # 24.8 MB in int8: with the body and the tokenizer's own file under 39 MB
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MAX_WORD = 4  # longer words are seldom more than the sum of their parts, and rarely in the text
MAX_TOKENS = 512  # MiniLM has places for so many; trained with 256, and what stands beyond is read well enough (training/README.md)
RUN = 24  # Han characters matched at a time: greedy longest match is quadratic in it
STOP_GLOSS = {
    "a",
    "an",
    "the",
    "of",
    "to",
    "be",
    "is",
    "in",
    "on",
    "at",
    "for",
    "and",
    "or",
    "by",
    "with",
    "sth",
    "sb",
    "one's",
    "one",
    "etc",
}


def choose_rows(
    teacher: Tokenizer, english: Counter[int], glosses: dict[str, list[str]], chinese: Counter[str], must: set[str]
) -> list[str]:
    """The strings of the rows in order: special tokens, English pieces in MiniLM's order, Chinese words by frequency.

    `english` counts MiniLM's ids in English text, `chinese` counts words in Chinese text; `must` are words kept anyway.
    """
    pieces = sorted(teacher.get_vocab().items(), key=lambda item: item[1])
    kept = [p for p, i in pieces if p not in SPECIAL and not p.startswith("[unused") and _keep_english(p, i, english)]
    room = ROWS - len(SPECIAL) - len(kept)
    words = [w for w in glosses if 1 <= len(w) <= MAX_WORD and all(_han(c) for c in w)]
    ranked = sorted(words, key=lambda w: (w not in must, -chinese[w] * (8 if len(w) == 1 else 1), w))
    return SPECIAL + kept + ranked[:room]


def _keep_english(piece: str, index: int, counts: Counter[int]) -> bool:
    """What occurs; all single letters; whole words among MiniLM's first 16,000, which Wikipedia uses though our text may not."""
    bare = piece.removeprefix("##")
    if not all(c.isascii() or c in "£€¥°·–—“”‘’…" for c in bare):
        return counts[index] >= 20 and not any(_han(c) for c in bare)
    return counts[index] >= (1 if bare != piece else 3) or len(bare) == 1 or index < 16_000


def _han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff"


def build_tokenizer(rows: list[str]) -> Tokenizer:
    """The tokenizer over these rows; ids are positions in `rows`, truncation at `MAX_TOKENS`."""
    vocab = _vocabulary(rows)
    known = {row for row in rows if len(row) == 1 and _han(row)}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(charsmap(known)),
            normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=True, lowercase=True),
        ]
    )
    han_run = Regex(f"[\u3400-\u9fff\uf900-\ufaff{UNKNOWN_HAN}]{{1,{RUN}}}")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Split(han_run, "isolated")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])],
    )
    tokenizer.add_special_tokens([AddedToken(t, special=True) for t in SPECIAL])
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _vocabulary(rows: list[str]) -> dict[str, int]:
    vocab = {row: i for i, row in enumerate(rows)}
    doubles = {"##" + row: i for row, i in vocab.items() if _han(row[0])}
    return vocab | doubles | {UNKNOWN_HAN: vocab["[UNK]"], "##" + UNKNOWN_HAN: vocab["[UNK]"]}


def save_tokenizer(tokenizer: Tokenizer, rows: list[str], folder: Path) -> None:
    """Write tokenizer.json.  `Tokenizer.save` writes one string an id and would lose the `##` doubles, so put them back."""
    content = json.loads(tokenizer.to_str())
    content["model"]["vocab"] = _vocabulary(rows)
    (folder / "tokenizer.json").write_text(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
    )


def warm_rows(
    rows: list[str], glosses: dict[str, list[str]], tokenizer: Tokenizer, weights: torch.Tensor
) -> torch.Tensor:
    """Rows for `rows`: English ones copied, a Chinese word's the mean of the English rows of its first good gloss.

    `tokenizer` and `weights` are those of the model that lends its rows: MiniLM, or our own of an earlier stage, whose
    Chinese rows are copied too.
    """
    vocab = tokenizer.get_vocab()
    mean = weights.mean(0)
    table = torch.empty(len(rows), weights.shape[1])
    for i, row in enumerate(rows):
        if row in vocab and (not _han(row[0]) or len(vocab) > 40_000):
            table[i] = weights[vocab[row]]
            continue
        ids = _gloss_ids(glosses.get(row, []), tokenizer)
        table[i] = weights[ids].mean(0) if ids else mean
    return table


def _gloss_ids(glosses: Iterable[str], tokenizer: Tokenizer) -> list[int]:
    for gloss in glosses:
        words = [w for w in gloss.lower().split() if w not in STOP_GLOSS] or gloss.split()
        ids = [
            i
            for i in tokenizer.encode(" ".join(words[:6]), add_special_tokens=False).ids
            if i != tokenizer.token_to_id("[UNK]")
        ]
        if ids:
            return ids
    return []


def count_chinese(texts: Iterable[str], glosses: dict[str, list[str]]) -> Counter[str]:
    """How often each word of the dictionary is met: jieba's general counts, plus greedy longest match over our own text."""
    import jieba

    fold = str.maketrans(character_map())
    counts: Counter[str] = Counter()
    for line in (Path(jieba.__file__).parent / "dict.txt").read_text(encoding="utf-8").splitlines():
        word, count, *_ = line.split(" ")
        if word.translate(fold) in glosses:
            counts[word.translate(fold)] += int(count)
    for text in texts:
        folded, i = text.translate(fold), 0
        while i < len(folded):
            for length in range(MAX_WORD, 0, -1):
                if folded[i : i + length] in glosses:
                    counts[folded[i : i + length]] += 1
                    break
            i += length
    return counts


def save(folder: Path, rows: list[str], tokenizer: Tokenizer, table: torch.Tensor, teacher: Path) -> None:
    """Write a transformers folder: MiniLM's body with our word rows and tokenizer."""
    from transformers import AutoModel

    model = AutoModel.from_pretrained(teacher)
    model.resize_token_embeddings(len(rows), mean_resizing=False)
    with torch.no_grad():
        model.get_input_embeddings().weight.copy_(table)
    model.config.pad_token_id = 0
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, rows, folder)
    (folder / "rows.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def english_counts(texts: Iterable[str], tokenizer: Tokenizer) -> Counter[int]:
    """How often each of MiniLM's pieces occurs in these texts."""
    counts: np.ndarray = np.zeros(tokenizer.get_vocab_size(), dtype=np.int64)
    texts = list(texts)
    for start in range(0, len(texts), 10_000):
        for encoding in tokenizer.encode_batch(texts[start : start + 10_000], add_special_tokens=False):
            np.add.at(counts, encoding.ids, 1)
    return Counter({i: int(n) for i, n in enumerate(counts)})
