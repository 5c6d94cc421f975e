"""Answers from hits: word for word (extractive), or written by a language model (llm), verified either way."""

from gba_qa.answer.extractive import ExtractiveAnswerer
from gba_qa.answer.llm import LLMAnswerer
from gba_qa.answer.verify import Verdict, verify

__all__ = ["ExtractiveAnswerer", "LLMAnswerer", "Verdict", "verify"]
