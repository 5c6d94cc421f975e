"""What the answerers say on their own account, in three languages."""

from __future__ import annotations

from gba_qa.types import Language

__all__ = ["say"]

_MESSAGES: dict[str, dict[Language, str]] = {
    "refusal": {
        "en": "The documents don't say.",
        "zh-Hant": "文件沒有提及。",
        "zh-Hans": "文件没有提及。",
    },
    "empty_index": {
        "en": "There are no documents to answer from yet.",
        "zh-Hant": "目前沒有任何文件可供回答。",
        "zh-Hans": "目前没有任何文件可供回答。",
    },
    "other_language": {
        "en": "The documents say this only in {language}; the quote is shown as it stands.",
        "zh-Hant": "文件只有{language}版本提到這點；引文按原文顯示。",
        "zh-Hans": "文件只有{language}版本提到这一点；引文按原文显示。",
    },
    "fallback": {
        "en": "The language model could not be reached; this answer is taken from the documents word for word.",
        "zh-Hant": "未能連接語言模型；以下答案直接摘自文件。",
        "zh-Hans": "未能连接语言模型；以下答案直接摘自文件。",
    },
    "disagree": {
        "en": "The documents differ; both are shown.",
        "zh-Hant": "各份文件說法不一，現一併列出。",
        "zh-Hans": "各份文件说法不一，现一并列出。",
    },
    "empty": {
        "en": "Please type a question.",
        "zh-Hant": "請輸入問題。",
        "zh-Hans": "请输入问题。",
    },
    "greeting": {
        "en": "Hello! Ask me about the Greater Bay Area: I answer from the documents, with a quote for every sentence.",
        "zh-Hant": "你好！歡迎查詢粵港澳大灣區的政策；我只根據文件作答，每句都附引文。",
        "zh-Hans": "你好！欢迎查询粤港澳大湾区的政策；我只根据文件作答，每句都附引文。",
    },
    "thanks": {"en": "You're welcome.", "zh-Hant": "不用客氣。", "zh-Hans": "不客气。"},
    "goodbye": {"en": "Goodbye.", "zh-Hant": "再見。", "zh-Hans": "再见。"},
    "about": {
        "en": "I find answers in the documents that are loaded here and quote the sentence, document and page of each. "
        "Ask in English, Traditional or Simplified Chinese. When the documents don't hold the answer, I say so.",
        "zh-Hant": "我在已載入的文件中尋找答案，並列出每句的原文、文件和頁碼。你可用英文、繁體或簡體中文提問；文件沒有答案時，我會直接說明。",
        "zh-Hans": "我在已载入的文件中寻找答案，并列出每句的原文、文件和页码。你可以用英文、繁体或简体中文提问；文件没有答案时，我会直接说明。",
    },
    "orders": {
        "en": "I only answer questions from the documents; I don't take instructions.",
        "zh-Hant": "我只根據文件回答問題，不會執行其他指示。",
        "zh-Hans": "我只根据文件回答问题，不会执行其他指示。",
    },
    "fragment": {
        "en": "Your question leans on one before it, and there was none. What would you like to know about it?",
        "zh-Hant": "這句似乎承接上一個問題，但之前沒有提問。你想知道甚麼？",
        "zh-Hans": "这句似乎承接上一个问题，但之前没有提问。你想知道什么？",
    },
    "nonsense": {
        "en": "I couldn't make out a question. Could you put it in other words?",
        "zh-Hant": "我看不出問題是甚麼，請換個說法再問。",
        "zh-Hans": "我看不出问题是什么，请换个说法再问。",
    },
}
_LANGUAGES: dict[Language, dict[Language, str]] = {
    "en": {"en": "English", "zh-Hant": "英文", "zh-Hans": "英文"},
    "zh-Hant": {"en": "Traditional Chinese", "zh-Hant": "繁體中文", "zh-Hans": "繁体中文"},
    "zh-Hans": {"en": "Simplified Chinese", "zh-Hant": "簡體中文", "zh-Hans": "简体中文"},
}


def say(key: str, language: Language, *, about: Language | None = None) -> str:
    """The message in that language; `about` names a language inside it.

    >>> say("refusal", "zh-Hans")
    '文件没有提及。'
    """
    message = _MESSAGES[key][language]
    return message.format(language=_LANGUAGES[about][language]) if about else message
