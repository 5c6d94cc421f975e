"""The character map that stands inside the tokenizer: Traditional to Simplified, full width to half width.

One text in either script then gives the same tokens, so that the same vector follows by construction, also outside our
code.  The map is a sentencepiece "precompiled charsmap", which `tokenizers` reads as it is.
"""

from __future__ import annotations

import tempfile
import unicodedata
from pathlib import Path

HAN = [range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00)]
"""The Han blocks of the basic plane.  Rarer planes are left alone and become [UNK]."""

UNKNOWN_HAN = "□"
"""Stands for a Han character that has no row: one such character costs one [UNK], not the run it stands in."""

PUNCTUATION = {
    "。": ".",
    "、": ",",
    "《": '"',
    "》": '"',
    "〈": '"',
    "〉": '"',
    "「": '"',
    "」": '"',
    "『": '"',
    "』": '"',
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "【": "[",
    "】": "]",
    "〔": "(",
    "〕": ")",
    "—": "-",
    "–": "-",
    "·": " ",
    "・": " ",
    "…": "...",
}
"""The English body has seen the ASCII marks a thousand times more often than the Chinese ones."""

SAME_WORD = {"著": "着", "裏": "里", "裡": "里", "麽": "么", "麼": "么", "甚": "什", "妳": "你", "牠": "它", "祂": "他"}
"""Written apart in one script only; OpenCC's single-character table leaves some of them alone."""


def _is_simplified(character: str) -> bool:
    """Whether it is in GB 2312: a regional table must leave it alone, or 着 would become 著."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def character_map() -> dict[str, str]:
    """Every character that is not itself after folding, with what it becomes."""
    import opencc

    general, *regional = [opencc.OpenCC(name) for name in ("t2s", "hk2s", "tw2s")]
    table: dict[str, str] = {}
    for block in HAN:
        for code in block:
            character = unicodedata.normalize("NFKC", chr(code))
            folded = general.convert(character)
            if folded == character and not _is_simplified(
                character
            ):  # 衞: a Hong Kong form that the general table lacks
                for step in regional:
                    folded = general.convert(step.convert(folded))
            if len(folded) == 1 and folded != chr(code):
                table[chr(code)] = folded
    for code in [*range(0x3000, 0x3001), *range(0xFF01, 0xFF5F), *range(0xFFE0, 0xFFE7)]:
        table[chr(code)] = unicodedata.normalize("NFKC", chr(code))
    # Some OpenCC tables take it for the Traditional 么 (幺); in Simplified text it is 麼, as in 什么.
    table.pop("么", None)
    return table | PUNCTUATION | SAME_WORD


def charsmap(known: set[str]) -> bytes:
    """The precompiled form of `character_map`, where a Han character outside `known` becomes `UNKNOWN_HAN`."""
    import sentencepiece as spm
    from sentencepiece import sentencepiece_model_pb2 as pb

    table = character_map()
    for block in HAN:
        for code in block:
            if table.get(chr(code), chr(code)) not in known:
                table[chr(code)] = UNKNOWN_HAN
    lines = [f"{ord(k):X}\t{' '.join(f'{ord(c):X}' for c in v)}\n" for k, v in sorted(table.items())]
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.tsv"
        rules.write_text("".join(lines), encoding="utf-8")
        normalizer = spm.SentencePieceNormalizer(
            rule_tsv=str(rules), add_dummy_prefix=False, escape_whitespaces=False, remove_extra_whitespaces=False
        )
        model = pb.ModelProto.FromString(normalizer.serialized_model_proto())
    return bytes(model.normalizer_spec.precompiled_charsmap)
