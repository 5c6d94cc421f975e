"""Questions made of patterns and terms: documentation and everyday sentences hold few, and readers ask little else.

Each pattern is one question in English and the ways it is asked in Chinese (standard, and Cantonese as it is written).
`{a}` and `{b}` are terms that we know in both languages.
"""

from __future__ import annotations

import random

from training.data import Pair

PATTERNS: list[tuple[str, tuple[str, ...]]] = [
    ("What is {a}?", ("什么是{a}？", "{a}是什么？", "{a}係乜嘢嚟？")),
    ("What does {a} mean?", ("{a}是什么意思？", "{a}指的是什么？", "{a}係咩意思？")),
    ("Who founded {a}?", ("{a}是谁创立的？", "谁创办了{a}？", "{a}係邊個創立㗎？")),
    ("Who is in charge of {a}?", ("{a}由谁负责？", "谁主管{a}？", "{a}邊個負責？")),
    ("When was {a} set up?", ("{a}是什么时候成立的？", "{a}成立于何时？", "{a}幾時成立？")),
    ("In which year did {a} begin?", ("{a}从哪一年开始？", "{a}始于哪一年？", "{a}邊年開始？")),
    ("When did {a} end?", ("{a}是什么时候结束的？", "{a}何时结束？")),
    ("Where is {a}?", ("{a}在哪里？", "{a}位于何处？", "{a}喺邊度？")),
    ("In which city is {a} located?", ("{a}位于哪个城市？", "{a}在哪座城市？")),
    ("Which country does {a} come from?", ("{a}来自哪个国家？", "{a}源自哪国？")),
    ("How many {a} are there?", ("有多少{a}？", "{a}有几个？", "有幾多{a}？")),
    ("How much does {a} cost?", ("{a}要多少钱？", "{a}的费用是多少？", "{a}幾多錢？")),
    ("How big is {a}?", ("{a}有多大？", "{a}的面积是多少？", "{a}有幾大？")),
    ("How long does {a} take?", ("{a}需要多长时间？", "{a}要花多久？", "{a}要幾耐？")),
    ("How high was {a}?", ("{a}有多高？", "{a}的高度是多少？")),
    ("How old is {a}?", ("{a}有多少年历史？", "{a}多大年纪了？")),
    ("What percentage is {a}?", ("{a}占百分之几？", "{a}的比例是多少？", "{a}佔幾多個巴仙？")),
    ("What is the rate of {a}?", ("{a}的比率是多少？", "{a}率是多少？")),
    ("Why is {a} important?", ("{a}为什么重要？", "为何{a}如此重要？", "點解{a}咁重要？")),
    ("Why did {a} fall?", ("{a}为什么下降了？", "{a}为何减少？", "點解{a}會跌？")),
    ("What caused {a}?", ("{a}是什么引起的？", "造成{a}的原因是什么？")),
    ("How does {a} work?", ("{a}是如何运作的？", "{a}怎样工作？", "{a}點樣運作？")),
    ("How is {a} made?", ("{a}是怎么制造的？", "{a}是如何制成的？")),
    ("What are the kinds of {a}?", ("{a}有哪些种类？", "{a}分为哪几类？", "{a}有邊幾種？")),
    ("What is another name for {a}?", ("{a}的别名是什么？", "{a}又叫什么？", "{a}又叫做乜？")),
    ("What is {a} used for?", ("{a}用来做什么？", "{a}有什么用途？", "{a}用嚟做咩？")),
    ("Which {a} is the largest?", ("哪个{a}最大？", "最大的{a}是哪一个？", "邊個{a}最大？")),
    ("Who won {a}?", ("谁赢得了{a}？", "{a}的获胜者是谁？")),
    ("What did {a} say?", ("{a}说了什么？", "{a}講咗乜？")),
    ("Which organisation runs {a}?", ("哪个组织管理{a}？", "{a}由哪个机构运营？")),
    ("What is the capital of {a}?", ("{a}的首都是哪里？", "{a}的省会是哪里？")),
    ("Can {a} be changed?", ("{a}可以改变吗？", "{a}能修改吗？", "{a}改唔改得？")),
    ("Does {a} apply to {b}?", ("{a}适用于{b}吗？", "{a}对{b}是否适用？")),
    ("Is {a} the same as {b}?", ("{a}和{b}一样吗？", "{a}与{b}是不是一回事？", "{a}同{b}係咪一樣？")),
    (
        "What is the difference between {a} and {b}?",
        ("{a}和{b}有什么区别？", "{a}与{b}有何不同？", "{a}同{b}有咩分別？"),
    ),
    ("How does {a} affect {b}?", ("{a}如何影响{b}？", "{a}对{b}有什么影响？")),
    ("Which is larger, {a} or {b}?", ("{a}和{b}哪个更大？", "{a}同{b}邊個大啲？")),
    ("What role does {a} play in {b}?", ("{a}在{b}中起什么作用？", "{a}在{b}中扮演什么角色？")),
    ("When did {a} become {b}?", ("{a}什么时候成为{b}？", "{a}何时变成{b}？")),
    ("How many {a} does {b} have?", ("{b}有多少{a}？", "{b}拥有几个{a}？", "{b}有幾多{a}？")),
    ("Where does {a} get {b} from?", ("{a}从哪里得到{b}？", "{a}的{b}来自哪里？")),
    ("Who introduced {a} to {b}?", ("是谁把{a}引入{b}的？", "谁向{b}引进了{a}？")),
    ("What was the {a} of {b} in {year}?", ("{year}年{b}的{a}是多少？", "{b}在{year}年的{a}是什么？")),
    ("How much did {a} grow in {year}?", ("{a}在{year}年增长了多少？", "{year}年{a}的增幅是多少？")),
    ("What happened to {a} in {year}?", ("{year}年{a}发生了什么？", "{a}在{year}年怎么了？")),
    ("Since {year}, what has {a} done for {b}?", ("{year}年以来，{a}为{b}做了什么？",)),
    ("By {year}, how many {a} should {b} have?", ("到{year}年，{b}应有多少{a}？", "{b}在{year}年的{a}目标是多少？")),
]


def questions(terms: list[Pair], count: int, rng: random.Random) -> list[Pair]:
    """`count` questions about terms drawn at random."""
    found = []
    for _ in range(count):
        english, chinese = rng.choice(PATTERNS)
        first, second = rng.choice(terms), rng.choice(terms)
        year = str(rng.randint(1850, 2035))
        found.append(
            Pair(
                english.format(a=first.en, b=second.en, year=year),
                rng.choice(chinese).format(a=first.zh, b=second.zh, year=year),
                "pattern",
            )
        )
    return found
