"""Places and organisations of the region in three forms, so that 香港, 香港特別行政區 and Hong Kong are one name.

Verification asks whether the names of a statement stand in its quote, and the answerer whether a sentence is about the
place that the question names.  Compounds are spelt out: 粵港澳 names Guangdong, Hong Kong and Macao; 大灣區 is a name of its own.

>>> sorted(find_names("深港合作與澳門居民"))
['hong-kong', 'macao', 'shenzhen']
>>> sorted(find_names("the Guangdong-Hong Kong-Macao Greater Bay Area"))
['gba']
"""

from __future__ import annotations

import re
from functools import lru_cache

from gba_qa.text import fold

__all__ = ["PLACES", "REGIONS", "SPELLINGS", "find_names", "name_spans"]

# id: spellings in any language; Chinese ones in either script (they are folded).  `|` parts them.
_PLACES = """
hong-kong: hong kong|hongkong|hksar|香港|港资|港人|港企|港商|港方|港府|港籍|本港|港法|赴港|在港|惠港|港股|港航|涉港
macao: macao|macau|澳门|澳资|澳人|澳企|澳方|澳籍|惠澳|助澳|在澳
guangdong: guangdong|广东|粤西|粤东|粤北|全粤
shenzhen: shenzhen|深圳
guangzhou: guangzhou|广州
zhuhai: zhuhai|珠海
foshan: foshan|佛山
dongguan: dongguan|东莞
zhongshan: zhongshan|中山市|中山
jiangmen: jiangmen|江门
zhaoqing: zhaoqing|肇庆
huizhou: huizhou|惠州
qianhai: qianhai|前海
hengqin: hengqin|横琴
nansha: nansha|南沙
shekou: shekou|蛇口
baoan: bao'an|baoan|宝安
nanhai: nanhai|南海
shunde: shunde|顺德
xinhui: xinhui|新会
central: central district|中环
lok-ma-chau: lok ma chau|落马洲|河套
northern-metropolis: northern metropolis|北部都会区
beijing: beijing|北京
shanghai: shanghai|上海
chongqing: chongqing|重庆
tianjin: tianjin|天津
zhejiang: zhejiang|浙江
jiangsu: jiangsu|江苏
hainan: hainan|海南
fujian: fujian|福建
taiwan: taiwan|台湾
hangzhou: hangzhou|杭州
suzhou: suzhou|苏州
nanjing: nanjing|南京
wuhan: wuhan|武汉
chengdu: chengdu|成都
xiamen: xiamen|厦门
qingdao: qingdao|青岛
ningbo: ningbo|宁波
changsha: changsha|长沙
hefei: hefei|合肥
fuzhou: fuzhou|福州
zhengzhou: zhengzhou|郑州
shenyang: shenyang|沈阳
sichuan: sichuan|四川
hunan: hunan|湖南
hubei: hubei|湖北
anhui: anhui|安徽
guangxi: guangxi|广西
tokyo: tokyo|东京
new-york: new york|纽约
san-francisco: san francisco|旧金山
singapore: singapore|新加坡|星洲
united-states: united states|u.s.|usa|america|american|美国|美方
germany: germany|german|德国
japan: japan|japanese|日本
united-kingdom: united kingdom|britain|british|英国
south-korea: south korea|korea|韩国
india: india|indian|印度
indonesia: indonesia|印度尼西亚|印尼
vietnam: vietnam|越南
thailand: thailand|泰国
malaysia: malaysia|马来西亚
canada: canada|canadian|加拿大
australia: australia|australian|澳大利亚|澳洲
russia: russia|russian|俄罗斯
london: london|伦敦
paris: paris|巴黎
seoul: seoul|首尔
sydney: sydney|悉尼
dubai: dubai|迪拜|杜拜
european-union: european union|欧盟
gba: greater bay area|gba|粤港澳大湾区|大湾区|粤港澳湾区
pearl-river-delta: pearl river delta|prd|珠三角|珠江三角洲|大珠三角|大珠江三角洲
"""
_ORGANISATIONS = """
state-council: state council|国务院
ndrc: national development and reform commission|ndrc|国家发改委|国家发展改革委|发改委|国家发展和改革委员会
cma: chinese manufacturers' association|香港中华厂商联合会|厂商会
legco: legislative council|立法会
knight-frank: knight frank|莱坊
reuters: reuters|路透
world-bank: world bank|世界银行
huawei: huawei|华为
zte: zte|中兴
tencent: tencent|腾讯
midea: midea|美的集团
gree: gree electric|gree|格力
gac: guangzhou automobile|gac|广汽
byd: byd|比亚迪
cyberport: cyberport|数码港
hkex: hong kong exchanges|hkex|港交所|香港交易所
polyu: hong kong polytechnic university|香港理工大学
cityu: city university of hong kong|香港城市大学
cpc-central-committee: cpc central committee|中共中央
cepa: cepa|关于建立更紧密经贸关系的安排
cptpp: cptpp|全面与进步跨太平洋伙伴关系协定
depa: depa|数字经济伙伴关系协定
"""
_COMPOUNDS = {  # one spelling, several names
    "粤港澳": ("guangdong", "hong-kong", "macao"), "港澳台": ("hong-kong", "macao", "taiwan"), "港澳": ("hong-kong", "macao"),
    "粤港": ("guangdong", "hong-kong"), "港粤": ("guangdong", "hong-kong"), "粤澳": ("guangdong", "macao"), "深港": ("shenzhen", "hong-kong"),
    "港深": ("shenzhen", "hong-kong"), "深澳": ("shenzhen", "macao"), "琴澳": ("hengqin", "macao"), "广深": ("guangzhou", "shenzhen"),
    "广深港": ("guangzhou", "shenzhen", "hong-kong"), "京津冀": ("beijing", "tianjin"), "沪港": ("shanghai", "hong-kong"),
    "guangdong-hong kong-macao": ("guangdong", "hong-kong", "macao"), "sino-us": ("united-states",), "中美": ("united-states",),
    "guangdong-hong kong-macao greater bay area": ("gba",), "guangdong-hong kong-macau greater bay area": ("gba",),
}  # fmt: skip


def _parse(table: str) -> dict[str, list[str]]:
    rows = (line.split(":", 1) for line in table.strip().splitlines())
    return {name.strip(): [fold(s.strip()) for s in spellings.split("|")] for name, spellings in rows}


SPELLINGS = _parse(_PLACES) | _parse(_ORGANISATIONS)
"""Each name's id with its spellings, folded, the plainest of each language first."""

PLACES = frozenset(_parse(_PLACES))
"""The names that are places; the others are organisations and agreements."""

REGIONS = frozenset({"gba", "pearl-river-delta"})
"""The places that hold most of the others: what is said of them may be said of a part."""


def find_names(text: str) -> frozenset[str]:
    """The ids of all places and organisations that the text names, longest spelling first."""
    return frozenset(name for _, _, names in name_spans(text) for name in names)


def name_spans(text: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """(start, end, ids) of each name in the text, in order."""
    pattern, ids = _matcher()
    return [(m.start(), m.end(), ids[m.group()]) for m in pattern.finditer(fold(text))]


@lru_cache(maxsize=1)
def _matcher() -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    ids: dict[str, tuple[str, ...]] = {}
    for name, spellings in SPELLINGS.items():
        for spelling in spellings:
            ids[spelling] = (name,)
    ids |= {fold(k): v for k, v in _COMPOUNDS.items()}
    # A spelling in Latin letters must stand as a word; a Chinese one may stand anywhere.
    parts = [
        rf"(?<![a-z]){re.escape(s)}(?![a-z])" if s[0].isascii() else re.escape(s)
        for s in sorted(ids, key=lambda s: (-len(s), s))
    ]
    return re.compile("|".join(parts)), ids
