"""Settings: taken from the first place that has them, and refused in one line where they can't be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gba_qa import Config, UsageError


def written(folder: Path, text: str) -> Path:
    file = folder / "gba-qa.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refused(environ: dict[str, str] | None = None, file: Path | None = None) -> str:
    with pytest.raises(UsageError) as told:
        Config.load(environ=environ or {}, file=file)
    assert "\n" not in str(told.value)
    return str(told.value)


def test_arguments_come_before_the_environment_before_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "port = 1\nhost = 'a'\nindex = 'x'\nllm_timeout = 5\nocr = true\n")
    config = Config.load(environ={"GBA_QA_PORT": "2", "GBA_QA_HOST": "b", "GBA_QA_OCR": "no"}, file=file, port=3)
    assert (config.port, config.host, config.index, config.ocr, config.embedder) == (3, "b", "x", False, "bundled")
    assert config.llm_timeout == 5.0 and type(config.llm_timeout) is float
    assert Config.load(environ={"GBA_QA_PORT": ""}, file=tmp_path / "none.toml", host=None) == Config()
    assert Config.load(environ={}, file=None, index=Path("papers"), port="8000") == Config(index="papers", port=8000)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "gba-qa.toml"
    file.write_bytes(b"\xef\xbb\xbfindex = '\xe6\x96\x87\xe4\xbb\xb6'\r\n")
    assert Config.load(environ={}, file=file).index == "文件"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("port = inf", "port in {} is inf, not a whole number"),
        ("port = 78.9", "port in {} is 78.9, not a whole number"),
        ("port = true", "port in {} is True, not a whole number"),
        ("port = '7860'", "port in {} is '7860', not a whole number"),
        ("port = 65536", "port in {} is 65536; it is between 0 and 65535"),
        ("index = ['a']", "index in {} is ['a'], not a text"),
        ("ocr = 7", "ocr in {} is 7, not true or false"),
        ("ocr = 'yes'", "ocr in {} is 'yes', not true or false"),
        ("llm_timeout = -1", "llm_timeout in {} is -1; it is between 0.1 and 3600"),
        ("llm_timeout = nan", "llm_timeout in {} is nan; it is between 0.1 and 3600"),
        ("llm_timeout = 1" + "0" * 400, "llm_timeout in {} is 1" + "0" * 400 + ", not a number"),
        ("answerable_share = 1", "answerable_share in {} is 1; it is between 0.5 and 0.999"),
        ("questions_per_minute = -5", "questions_per_minute in {} is -5; it is between 1 and 1000000"),
        ("max_upload_mb = 0", "max_upload_mb in {} is 0; it is between 1 and 1024"),
        ("llm_key = 123", "llm_key in {} is not a text"),
    ],
)
def test_a_value_that_can_not_be_used_is_told(tmp_path: Path, line: str, told: str) -> None:
    file = written(tmp_path, line)
    assert refused(file=file) == told.format(file)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "inf", "port in the environment is 'inf', not a whole number"),
        ("PORT", "78.9", "port in the environment is '78.9', not a whole number"),
        ("LLM_TIMEOUT", "inf", "llm_timeout in the environment is 'inf'; it is between 0.1 and 3600"),
        ("OCR", "7", "ocr in the environment is '7', not true or false"),
        ("MAX_UPLOAD_MB", "99999", "max_upload_mb in the environment is '99999'; it is between 1 and 1024"),
    ],
)
def test_so_it_is_from_the_environment(name: str, value: str, told: str) -> None:
    assert refused({f"GBA_QA_{name}": value}) == told


def test_what_is_no_settings_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not valid TOML" in refused(file=written(tmp_path, "port ="))
    (tmp_path / "folder").mkdir()
    assert refused(file=tmp_path / "folder").startswith(f"{tmp_path / 'folder'} can't be read (")
    assert refused(file=written(tmp_path, "prot = 1")).startswith("unknown setting 'prot'")

    def forbidden(*arguments: object, **options: object) -> str:
        raise PermissionError(13, os.strerror(13))  # root, who runs many a test, may read everything

    monkeypatch.setattr(Path, "read_text", forbidden)
    file = tmp_path / "gba-qa.toml"
    assert refused(file=file) == f"{file} can't be read (Permission denied); mend its permissions, or move it away"


def test_every_setting_is_in_the_readme() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert [name for name in Config.__dataclass_fields__ if f"`{name}`" not in readme] == []
