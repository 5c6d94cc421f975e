"""Hong Kong, Macao and mainland words for one thing, so that a question in one usage finds a text in the other.

Used to widen a keyword query, never to change what is shown.  Both sides are in folded (Simplified) characters.
"""

from __future__ import annotations

import re

from gba_qa.text import fold

__all__ = ["other_wordings"]

# Hong Kong / Macao usage, mainland usage.  One pair a line of thought; only words that mean the same in policy text.
_PAIRS = """
资讯 信息|数码 数字|数码港 数字港|晶片 芯片|网络 网路|软件 软体|质素 素质|质素 质量|的士 出租车|巴士 公交|私家车 私人汽车|人工智能 AI|创科 科创|
高水准 高水平|水准 水平|高质素 高质量|品质 质量|楼宇 建筑|办公楼 写字楼|办公室 写字楼|公司 企业|间 家|雇员 员工|僱员 员工|薪俸税 个人所得税|
强积金 养老金|按揭 抵押贷款|楼价 房价|买楼 购房|置业 购房|租金 房租|饮食 餐饮|零售 商贸|货柜 集装箱|码头 港口|航厦 航站楼|高铁 高速铁路|
内地 大陆|国内 内地|珠三角 珠江三角洲|大湾区 粤港澳大湾区|北都 北部都会区|前海 前海合作区|横琴 横琴合作区|港人 香港居民|澳人 澳门居民|
医生 医师|律师 法律专业人士|老人 长者|长者 老年人|幼稚园 幼儿园|学额 招生名额|义工 志愿者|社福 社会福利|回乡证 来往内地通行证|
打风 台风|三年行动计划 行动计划|总规 总体发展规划|纲要 发展规划纲要|厂商 制造商|玩具业 玩具|钟表 手表|研发 研究与试验发展|R&D 研发|GDP 生产总值|
外判 外包|牌照 许可证|专才 专业人才|人才 专业人士|备案 备案执业|执业 从业|单车 自行车|电单车 摩托车|手机 手提电话|上网 互联网|网上 在线|
税务优惠 税收优惠|减税 税收优惠|免税 税收豁免|会展 展览|影视 电影|设计 规划|仲裁 争议解决|打官司 诉讼|法院 司法|开公司 设立企业|做嘢 工作|返工 就业|
揾工 就业|搵工 就业|住喺 居住|屋企 居住|几多 多少|边个 谁|点解 为什么|几时 何时|边度 哪里|乜嘢 什么
"""


def other_wordings(query: str) -> list[str]:
    """The other usage of each word in the query, folded, in a fixed order; empty where none is known.

    >>> other_wordings("香港的資訊科技")
    ['信息']
    >>> other_wordings("Who painted it?"), other_wordings("AI設備")
    ([], ['人工智能'])
    """
    folded = fold(query)
    found: list[str] = []
    for left, right in _TABLE:
        for word, other in ((left, right), (right, left)):
            if _stands(word, folded) and other not in folded and other not in found:
                found.append(other)
    return found


def _stands(word: str, text: str) -> bool:
    """A Chinese word may stand anywhere; a Latin one only as a word: AI is not in "painted"."""
    if not word.isascii():
        return word in text
    return re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text) is not None


_TABLE = [tuple(fold(pair).split()) for pair in _PAIRS.replace("\n", "").split("|") if pair]
