"""The command line: each verb a few lines over QA.

Results go to stdout, progress to stderr; exit 0 done, 1 an error told in one line, 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial, wraps
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import typer

if TYPE_CHECKING:
    from gba_qa.indexing import IndexReport
    from gba_qa.qa import QA

__all__ = ["app", "main"]

app = typer.Typer(
    name="gba-qa",
    help="Question answering over Greater Bay Area policy documents: offline, every sentence cited.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

P = ParamSpec("P")
R = TypeVar("R")
IndexOption = Annotated[str | None, typer.Option("--index", help="Folder or URL of the index.", show_default="index")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
EmbedderOption = Annotated[
    str | None,
    typer.Option(help="bundled, none, or the name or path of a sentence-transformers model.", show_default="bundled"),
]


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):  # Chinese text on a terminal or pipe that thinks it is ASCII
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()


def _told(function: Callable[P, R]) -> Callable[P, R]:
    """An error raised on purpose is told in one line, with exit code 1."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        from gba_qa.errors import GbaQAError

        try:
            return function(*args, **kwargs)
        except GbaQAError as error:
            typer.echo(f"gba-qa: {error}", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            typer.echo("gba-qa: stopped; the index is as it was before", err=True)
            raise typer.Exit(1) from None
        except BrokenPipeError:
            raise typer.Exit(0) from None

    return wrapper


@app.command("index")
@_told
def index_(
    paths: Annotated[list[str] | None, typer.Argument(help="Files and folders; none: the shipped knowledge.")] = None,
    index: IndexOption = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build anew beside the old one, then swap.")] = False,
    report: Annotated[
        bool, typer.Option("--report", help="List every file with pages, language and what was skipped.")
    ] = False,
    ocr: Annotated[
        bool | None, typer.Option("--ocr/--no-ocr", help="Read scanned and garbled PDF pages by OCR (extra: ocr).")
    ] = None,
    embedder: EmbedderOption = None,
    json_: JsonOption = False,
) -> None:
    """Add or refresh files and folders; only what changed is done."""
    from gba_qa.qa import QA

    started = time.perf_counter()
    qa = QA.build(paths or (), index, embedder=embedder, rebuild=rebuild, progress=_progress_bar(), ocr=ocr)
    assert qa.report is not None
    seconds = time.perf_counter() - started
    if json_:
        _print_json(
            {
                **_report_json(qa.report),
                "documents": len(qa.documents()),
                "chunks": len(qa.index),
                "seconds": round(seconds, 3),
            }
        )
    else:
        _tell(qa, report=report, seconds=seconds)
    if qa.report.failed and not qa.report.count("read") + qa.report.count("unchanged") + qa.report.count("renamed"):
        raise typer.Exit(1)


@app.command()
@_told
def remove(
    names: Annotated[list[str], typer.Argument(help="Documents: path, file name or id.")],
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """Take documents out, from the dense and the lexical side."""
    from gba_qa.qa import remove_documents

    removed = remove_documents(names, index)
    if json_:
        _print_json({"removed": removed})
    else:
        for source in removed:
            typer.echo(f"removed {source}")


@app.command()
@_told
def ask(
    question: Annotated[str, typer.Argument(help="In English, Traditional or Simplified Chinese.")],
    index: IndexOption = None,
    embedder: EmbedderOption = None,
    json_: JsonOption = False,
) -> None:
    """The answer with its citations, or "the documents don't say"."""
    from gba_qa.jsonform import answer_json

    qa = _load(index, embedder)
    started = time.perf_counter()
    answer = qa.ask(question)
    if json_:
        _print_json(answer_json(answer, seconds=time.perf_counter() - started))
        return
    typer.echo(answer.text)
    if answer.note:
        typer.echo(f"({answer.note})")
    for c in answer.citations:
        page = f", p. {c.page}" if c.page is not None else ""
        typer.echo(f"\n[{c.number}] {c.title} ({Path(c.source).name}{page})\n    “{c.quote}”")
    if answer.abstained and answer.hits:
        typer.echo(
            {"en": "\nNearest passages:", "zh-Hant": "\n最接近的段落：", "zh-Hans": "\n最接近的段落："}[answer.language]
        )
        for hit in answer.hits[:3]:
            typer.echo(f"  - {hit.chunk.location}: {_short(hit.chunk.text)}")


@app.command()
@_told
def search(
    query: Annotated[str, typer.Argument(help="Words or a question.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages.")] = 5,
    mode: Annotated[str, typer.Option(help="hybrid, dense or bm25.")] = "hybrid",
    index: IndexOption = None,
    embedder: EmbedderOption = None,
    json_: JsonOption = False,
) -> None:
    """The best passages for a query."""
    from gba_qa.jsonform import hits_json

    if mode not in {"hybrid", "dense", "bm25"}:
        raise typer.BadParameter(f"{mode!r} is not one of hybrid, dense, bm25", param_hint="--mode")
    hits = _load(index, embedder).search(query, k, mode=mode)  # type: ignore[arg-type]
    if json_:
        _print_json(hits_json(hits))
        return
    for rank, hit in enumerate(hits, start=1):
        typer.echo(f"{rank}. {hit.score:.3f}  {hit.chunk.location}\n   {_short(hit.chunk.text, 160)}")


@app.command()
@_told
def info(index: IndexOption = None, json_: JsonOption = False) -> None:
    """What the index holds: documents, chunks, languages, embedder, size, health."""
    from gba_qa.qa import describe_index

    described = describe_index(index)
    if json_:
        _print_json(described)
        return
    for key in ("index", "documents", "chunks", "languages", "embedder", "dim", "bytes", "created", "health"):
        typer.echo(f"{key:10} {described[key]}")
    for source in described["sources"]:
        typer.echo(
            f"  {source['source']}  {source['language']}, {source['pages'] or '-'} pages, {source['chunks']} chunks"
        )


@app.command("eval")
@_told
def eval_(
    gold: Annotated[Path | None, typer.Option(help="Gold set.", show_default="eval/gold.jsonl")] = None,
    corpus: Annotated[Path | None, typer.Option(help="Corpus, one document a line, instead of an index.")] = None,
    index: Annotated[str | None, typer.Option("--index", help="Index.", show_default="the shipped knowledge")] = None,
    mode: Annotated[str, typer.Option(help="hybrid, dense or bm25.")] = "hybrid",
    split: Annotated[str, typer.Option(help="all, dev or test.")] = "all",
    embedder: EmbedderOption = None,
    llm: Annotated[
        bool, typer.Option("--llm", help="Let the language model of the settings write the answers.")
    ] = False,
    json_: JsonOption = False,
    save: Annotated[
        bool, typer.Option("--save", help="Write eval/results/<commit>.json; a usual run redraws eval/README.md.")
    ] = False,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Two saved results (commits or files), side by side.", metavar="A B"),
    ] = None,
) -> None:
    """Answer a gold set and measure retrieval, answers, citations and refusal."""
    from gba_qa import evaluate

    if mode not in {"hybrid", "dense", "bm25"}:
        raise typer.BadParameter(f"{mode!r} is not one of hybrid, dense, bm25", param_hint="--mode")
    if compare is not None:
        compared = evaluate.compare(*compare)
        if json_:
            _print_json(compared.to_json())
        else:
            typer.echo(compared.table())
        return
    report = evaluate.run(
        gold=gold,
        corpus=corpus,
        index=index,
        mode=mode,
        split=split,
        embedder=embedder,
        llm=llm,
        progress=_progress_bar("question"),
    )
    if save:
        path = evaluate.save(report, tell=partial(typer.echo, err=True))
        typer.echo(f"saved {path}", err=True)
    if json_:
        _print_json(report.to_json())
    else:
        typer.echo(report.table())


@app.command()
@_told
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port.", show_default="7860")] = None,
    auth: Annotated[
        str | None, typer.Option(help="user:password, needed on any address but this machine's own.")
    ] = None,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Serve a public address without a password.")] = False,
    mcp: Annotated[bool, typer.Option("--mcp", help="Offer ask and search as MCP tools too (extra: mcp).")] = False,
    index: IndexOption = None,
) -> None:
    """The browser chat."""
    from gba_qa.chat import serve as serve_chat

    serve_chat(host=host, port=port, auth=auth, no_auth=no_auth, index=index, mcp=mcp)


@app.command()
@_told
def doctor(index: IndexOption = None) -> None:
    """What is missing, and the one command that mends it."""
    from gba_qa.doctor import examine

    healthy = True
    for check in examine(index):
        typer.echo(f"{'ok ' if check.ok else 'BAD' if check.needed else '-  '} {check.name}: {check.detail}")
        if not check.ok and check.command:
            typer.echo(f"      {check.command}")
        healthy = healthy and (check.ok or not check.needed)
    raise typer.Exit(0 if healthy else 1)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        from gba_qa import __version__

        typer.echo(__version__)
        raise typer.Exit


def _load(index: str | None, embedder: str | None) -> QA:
    from gba_qa.qa import QA

    return QA.load(index, embedder=embedder)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _short(text: str, length: int = 100) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def _progress_bar(unit: str = "file") -> Callable[[int, int, str], None]:
    """A bar on stderr; drawn only when somebody is looking."""
    from tqdm import tqdm

    bar: list[Any] = []

    def progress(done: int, total: int, name: str) -> None:
        if not bar:
            bar.append(tqdm(total=total, unit=unit, file=sys.stderr, disable=None, leave=False))
        bar[0].total = total
        bar[0].set_postfix_str(name[:40], refresh=False)
        bar[0].update(done - bar[0].n)
        if done >= total:
            bar[0].close()

    return progress


def _tell(qa: QA, *, report: bool, seconds: float) -> None:
    """What a run did, for people: `report` lists every file."""
    from gba_qa.errors import install_command
    from gba_qa.readers.ocr import OCR_CAN_READ

    assert qa.report is not None
    if report:
        _print_report(qa.report)
    for file in () if report else qa.report.failed:
        typer.echo(f"failed: {file.detail}", err=True)
    for file in qa.report.files:
        if file.status == "removed" and not report:
            typer.echo(f"removed: {file.source}: {file.detail}", err=True)
        if file.skipped and not report:
            typer.echo(f"note: {file.source}: {len(file.skipped)} pages not indexed (--report says which)", err=True)
        if file.ocr and file.status == "read" and not report:
            typer.echo(f"note: {file.source}: {len(file.ocr)} pages read by OCR, which makes slips", err=True)
    if qa.report.left_out and not report:
        kinds = " ".join(sorted({Path(name).suffix.lower() or "(no suffix)" for name in qa.report.left_out}))
        typer.echo(f"note: {len(qa.report.left_out)} files left out, of kinds that are not read: {kinds}", err=True)
    unread = [
        f for f in qa.report.files if any(r in " ".join([f.detail, *(s[1] for s in f.skipped)]) for r in OCR_CAN_READ)
    ]
    if unread:
        typer.echo(
            f"note: {len(unread)} files have scanned or garbled pages; OCR can read them: `gba-qa index --ocr`"
            + ("" if find_spec("rapidocr") else f", after `{install_command('ocr')}`"),
            err=True,
        )
    typer.echo(
        f"{qa.report.summary()}; the index holds {len(qa.documents())} documents, {len(qa.index)} chunks ({seconds:.1f} s)"
    )


def _report_json(report: IndexReport) -> dict[str, Any]:
    return {
        "files": [
            {
                "source": f.source,
                "status": f.status,
                "detail": f.detail,
                "pages": f.pages,
                "chunks": f.chunks,
                "language": f.language,
                "skipped": [list(s) for s in f.skipped],
                "ocr": list(f.ocr),
            }
            for f in report.files
        ],
        "left_out": list(report.left_out),
        "summary": report.summary(),
    }


def _print_report(report: IndexReport) -> None:
    for f in report.files:
        pages = f"{f.pages} pages, " if f.pages else ""
        if f.status == "failed":  # the reason names the file
            typer.echo(f"{f.status:9} {f.detail}")
            continue
        typer.echo(f"{f.status:9} {f.source}  {pages}{f.chunks} chunks {f.language} {f.detail}".rstrip())
        for page, reason in f.skipped:
            typer.echo(f"            page {page} not indexed: {reason}")
        if f.ocr:
            typer.echo(f"            read by OCR: {'page' if len(f.ocr) == 1 else 'pages'} {_ranges(f.ocr)}")
    for source in report.left_out:
        typer.echo(f"left out  {source}: no reader for {Path(source).suffix or 'a file without a suffix'}")


def _ranges(numbers: Sequence[int]) -> str:
    """
    >>> _ranges([1, 2, 3, 7, 9, 10])
    '1-3, 7, 9-10'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else str(r[0]) for r in runs)
