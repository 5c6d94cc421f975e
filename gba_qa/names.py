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
hong-kong: hong kong|hongkong|hksar|香港|香江|港资|港人|港企|港商|港方|港府|港籍|本港|港法|赴港|在港|惠港|港股|港航|涉港
macao: macao|macau|澳门|濠江|澳资|澳人|澳企|澳方|澳籍|惠澳|助澳|在澳
guangdong: guangdong|广东|粤西|粤东|粤北|全粤
shenzhen: shenzhen|深圳|鹏城
guangzhou: guangzhou|广州|羊城|穗城
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
futian: futian|福田
luohu: luohu|lo wu|罗湖
nanshan: nanshan|南山
yantian: yantian|盐田
longgang: longgang|龙岗
longhua: longhua|龙华
pingshan: pingshan|坪山
guangming: guangming district|光明区
dapeng: dapeng|大鹏新区
tianhe: tianhe|天河
yuexiu: yuexiu|越秀
haizhu: haizhu|海珠
liwan: liwan|荔湾
huangpu: huangpu|黄埔
panyu: panyu|番禺
huadu: huadu|花都
zengcheng: zengcheng|增城
conghua: conghua|从化
xiangzhou: xiangzhou|香洲
jinwan: jinwan|金湾
doumen: doumen|斗门
chancheng: chancheng|禅城
sanshui: sanshui|三水
kowloon: kowloon|九龙
new-territories: new territories|新界
lantau: lantau|大屿山
sha-tin: sha tin|沙田
yuen-long: yuen long|元朗
tuen-mun: tuen mun|屯门
tsuen-wan: tsuen wan|荃湾
kwun-tong: kwun tong|观塘
wan-chai: wan chai|湾仔
causeway-bay: causeway bay|铜锣湾
mong-kok: mong kok|旺角
tsim-sha-tsui: tsim sha tsui|尖沙咀
tseung-kwan-o: tseung kwan o|将军澳
tin-shui-wai: tin shui wai|天水围
kwu-tung: kwu tung|古洞
fanling: fanling|粉岭
sheung-shui: sheung shui|上水
kai-tak: kai tak|启德
tung-chung: tung chung|东涌
taipa: taipa|氹仔
coloane: coloane|路环
cotai: cotai|路氹
beijing: beijing|北京
shanghai: shanghai|上海|申城
tianjin: tianjin|天津
chongqing: chongqing|重庆
hebei: hebei|河北
shanxi: shanxi|山西
inner-mongolia: inner mongolia|内蒙古
liaoning: liaoning|辽宁
jilin: jilin|吉林
heilongjiang: heilongjiang|黑龙江
jiangsu: jiangsu|江苏
zhejiang: zhejiang|浙江
anhui: anhui|安徽
fujian: fujian|福建
jiangxi: jiangxi|江西
shandong: shandong|山东
henan: henan|河南省|河南
hubei: hubei|湖北
hunan: hunan|湖南
guangxi: guangxi|广西
hainan: hainan|海南
sichuan: sichuan|四川
guizhou: guizhou|贵州
yunnan: yunnan|云南
tibet: tibet|西藏
shaanxi: shaanxi|陕西
gansu: gansu|甘肃
qinghai: qinghai|青海
ningxia: ningxia|宁夏
xinjiang: xinjiang|新疆
taiwan: taiwan|台湾
taipei: taipei|台北
hangzhou: hangzhou|杭州
suzhou: suzhou|苏州
wuxi: wuxi|无锡
nanjing: nanjing|南京
wuhan: wuhan|武汉
chengdu: chengdu|成都
xiamen: xiamen|厦门
quanzhou: quanzhou|泉州
shantou: shantou|汕头
zhanjiang: zhanjiang|湛江
shaoguan: shaoguan|韶关
qingyuan: qingyuan|清远
heyuan: heyuan|河源
meizhou: meizhou|梅州
shanwei: shanwei|汕尾
yangjiang: yangjiang|阳江
maoming: maoming|茂名
chaozhou: chaozhou|潮州
jieyang: jieyang|揭阳
yunfu: yunfu|云浮
qingdao: qingdao|青岛
jinan: jinan|济南
dalian: dalian|大连
ningbo: ningbo|宁波
wenzhou: wenzhou|温州
changsha: changsha|长沙
hefei: hefei|合肥
fuzhou: fuzhou|福州
nanchang: nanchang|南昌
zhengzhou: zhengzhou|郑州
shenyang: shenyang|沈阳
harbin: harbin|哈尔滨
xian: xi'an|西安
nanning: nanning|南宁
haikou: haikou|海口
sanya: sanya|三亚
kunming: kunming|昆明
guiyang: guiyang|贵阳
lanzhou: lanzhou|兰州
pudong: pudong|浦东
binhai: binhai|滨海新区
xiongan: xiong'an|xiongan|雄安
zhongguancun: zhongguancun|中关村
yangtze-delta: yangtze river delta|长三角|长江三角洲
tokyo: tokyo|东京
osaka: osaka|大阪
new-york: new york|纽约
san-francisco: san francisco|旧金山|三藩市
silicon-valley: silicon valley|硅谷|矽谷
los-angeles: los angeles|洛杉矶
boston: boston|波士顿
singapore: singapore|新加坡|星洲|狮城
united-states: united states|u.s.|usa|america|american|美国|美方
united-kingdom: united kingdom|britain|british|england|英国
germany: germany|german|德国
france: france|french|法国
italy: italy|italian|意大利
spain: spain|spanish|西班牙
portugal: portugal|葡萄牙
netherlands: netherlands|dutch|荷兰
belgium: belgium|belgian|比利时
switzerland: switzerland|swiss|瑞士
austria: austria|austrian|奥地利
sweden: sweden|swedish|瑞典
norway: norway|norwegian|挪威
denmark: denmark|danish|丹麦
finland: finland|finnish|芬兰
ireland: ireland|irish|爱尔兰
poland: poland|波兰
greece: greece|希腊
russia: russia|russian|俄罗斯
ukraine: ukraine|ukrainian|乌克兰
japan: japan|japanese|日本
south-korea: south korea|korea|韩国
north-korea: north korea|朝鲜
mongolia: mongolia|蒙古国
india: india|indian|印度
pakistan: pakistan|巴基斯坦
bangladesh: bangladesh|孟加拉国
sri-lanka: sri lanka|斯里兰卡
nepal: nepal|尼泊尔
indonesia: indonesia|印度尼西亚|印尼
vietnam: vietnam|越南
thailand: thailand|泰国
malaysia: malaysia|马来西亚
philippines: philippines|菲律宾
myanmar: myanmar|缅甸
cambodia: cambodia|柬埔寨
laos: laos|老挝
brunei: brunei|文莱
kazakhstan: kazakhstan|哈萨克斯坦
saudi-arabia: saudi arabia|沙特
emirates: united arab emirates|uae|阿联酋
qatar: qatar|卡塔尔
iran: iran|伊朗
israel: israel|israeli|以色列
turkiye: turkey|türkiye|土耳其
egypt: egypt|埃及
south-africa: south africa|南非
nigeria: nigeria|尼日利亚
kenya: kenya|肯尼亚
ethiopia: ethiopia|埃塞俄比亚
angola: angola|安哥拉
mozambique: mozambique|莫桑比克
brazil: brazil|brazilian|巴西
argentina: argentina|阿根廷
chile: chile|智利
peru: peru|秘鲁
mexico: mexico|mexican|墨西哥
canada: canada|canadian|加拿大
australia: australia|australian|澳大利亚|澳洲
new-zealand: new zealand|新西兰
london: london|伦敦
paris: paris|巴黎
berlin: berlin|柏林
frankfurt: frankfurt|法兰克福
amsterdam: amsterdam|阿姆斯特丹
zurich: zurich|苏黎世
geneva: geneva|日内瓦
lisbon: lisbon|里斯本
moscow: moscow|莫斯科
seoul: seoul|首尔
bangkok: bangkok|曼谷
jakarta: jakarta|雅加达
kuala-lumpur: kuala lumpur|吉隆坡
manila: manila|马尼拉
mumbai: mumbai|孟买
sydney: sydney|悉尼
melbourne: melbourne|墨尔本
toronto: toronto|多伦多
vancouver: vancouver|温哥华
dubai: dubai|迪拜|杜拜
european-union: european union|eu|欧盟
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
hkma: hong kong monetary authority|hkma|金管局
sfc: securities and futures commission|证监会
pboc: people's bank of china|中国人民银行
customs: general administration of customs|海关总署
mofcom: ministry of commerce|商务部
mof: ministry of finance|财政部
supreme-court: supreme people's court|最高人民法院
hktdc: hong kong trade development council|hktdc|香港贸发局|贸发局
hkstp: hong kong science park|hkstp|香港科学园|香港科技园
hku: university of hong kong|香港大学
cuhk: chinese university of hong kong|cuhk|香港中文大学
hkust: hong kong university of science and technology|hkust|香港科技大学
hkbu: hong kong baptist university|香港浸会大学
um: university of macau|澳门大学
sysu: sun yat-sen university|中山大学
tsinghua: tsinghua university|清华大学
hsbc: hsbc|汇丰
smic: smic|中芯国际
dji: dji|大疆
catl: catl|宁德时代
alibaba: alibaba|阿里巴巴
foxconn: foxconn|富士康
tesla: tesla|特斯拉
apple: apple inc|苹果公司
wto: world trade organization|wto|世界贸易组织|世贸组织|世贸
imf: international monetary fund|imf|国际货币基金组织
oecd: oecd|经合组织
united-nations: united nations|联合国
asean: asean|东盟
rcep: rcep|区域全面经济伙伴关系协定
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
