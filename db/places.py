"""Provinces and cities of China by their short names, for telling the place in a company's name from the rest."""

from __future__ import annotations

from typing import Final

MUNICIPALITIES: Final = frozenset(["北京", "上海", "天津", "重庆", "香港", "澳门", "台湾"])

CITIES: Final = {
    line.split()[0]: tuple(line.split()[1:])
    for line in """
河北 保定 唐山 廊坊 张家口 承德 沧州 石家庄 秦皇岛 衡水 邢台 邯郸 雄安
山西 临汾 吕梁 大同 太原 忻州 晋中 晋城 朔州 运城 长治 阳泉
辽宁 丹东 大连 抚顺 朝阳 本溪 沈阳 盘锦 营口 葫芦岛 辽阳 铁岭 锦州 阜新 鞍山
吉林 吉林市 四平 延吉 延边 松原 梅河口 珲春 白城 白山 辽源 通化 长春
黑龙江 七台河 伊春 佳木斯 双鸭山 哈尔滨 大兴安岭 大庆 牡丹江 绥化 鸡西 鹤岗 黑河 齐齐哈尔
江苏 南京 南通 宿迁 常州 徐州 扬州 无锡 泰州 淮安 盐城 苏州 连云港 镇江 江阴 宜兴 昆山 常熟 张家港 太仓
浙江 丽水 台州 嘉兴 宁波 杭州 温州 湖州 绍兴 舟山 衢州 金华 义乌 余姚 慈溪 诸暨 海宁 乐清
安徽 亳州 六安 合肥 安庆 宣城 宿州 巢湖 池州 淮北 淮南 滁州 芜湖 蚌埠 铜陵 阜阳 马鞍山 黄山
福建 三明 南平 厦门 宁德 泉州 漳州 福州 莆田 龙岩 晋江 石狮
江西 上饶 九江 南昌 吉安 宜春 抚州 新余 景德镇 萍乡 赣州 鹰潭 共青城
山东 东营 临沂 威海 德州 日照 枣庄 泰安 济南 济宁 淄博 滨州 潍坊 烟台 聊城 莱芜 菏泽 青岛
河南 三门峡 信阳 南阳 周口 商丘 安阳 平顶山 开封 新乡 洛阳 漯河 濮阳 焦作 许昌 郑州 驻马店 鹤壁 济源
湖北 仙桃 十堰 咸宁 天门 孝感 宜昌 恩施 武汉 潜江 神农架 荆州 荆门 襄阳 鄂州 随州 黄冈 黄石
湖南 娄底 岳阳 常德 张家界 怀化 株洲 永州 湘潭 湘西 益阳 衡阳 邵阳 郴州 长沙
广东 东莞 中山 云浮 佛山 广州 惠州 揭阳 梅州 汕头 汕尾 江门 河源 深圳 清远 湛江 潮州 珠海 肇庆 茂名 阳江 韶关
海南 三亚 海口 三沙 儋州
四川 乐山 内江 凉山 南充 宜宾 巴中 广元 广安 德阳 成都 攀枝花 泸州 甘孜 眉山 绵阳 自贡 资阳 达州 遂宁 阿坝 雅安
贵州 六盘水 安顺 毕节 贵阳 遵义 铜仁 黔东南 黔南 黔西南
云南 临沧 丽江 保山 大理 德宏 怒江 文山 昆明 昭通 普洱 曲靖 楚雄 玉溪 红河 西双版纳 迪庆 香格里拉
陕西 咸阳 商洛 安康 宝鸡 延安 榆林 汉中 渭南 西安 铜川
甘肃 临夏 兰州 嘉峪关 天水 定西 平凉 庆阳 张掖 武威 甘南 白银 酒泉 金昌 陇南
青海 果洛 海东 海北 海西 玉树 西宁 黄南
内蒙古 乌兰察布 乌海 兴安 包头 呼伦贝尔 呼和浩特 巴彦淖尔 赤峰 通辽 鄂尔多斯 锡林郭勒 阿拉善
广西 北海 南宁 崇左 来宾 柳州 桂林 梧州 河池 玉林 百色 贵港 贺州 钦州 防城港
西藏 山南 拉萨 日喀则 昌都 林芝 那曲 阿里
宁夏 中卫 吴忠 固原 石嘴山 银川
新疆 乌鲁木齐 伊犁 克孜勒苏 克拉玛依 博尔塔拉 吐鲁番 和田 哈密 喀什 塔城 巴音郭楞 昌吉 石河子 阿克苏 阿勒泰
""".strip().splitlines()
}
"""Province -> its cities. The city of 吉林 has the name of its province and keeps its rank, to be told from it."""

PROVINCE_OF: Final = {city: province for province, cities in CITIES.items() for city in cities}
KNOWN: Final = MUNICIPALITIES | set(CITIES) | set(PROVINCE_OF)
BY_FIRST: Final = {
    first: tuple(sorted((place for place in KNOWN if place[0] == first), key=len, reverse=True))
    for first in {place[0] for place in KNOWN}
}
"""First character -> the places that begin with it, longer ones first."""

RANKS: Final = (
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "特别行政区",
    "自治州",
    "地区",
    "省",
    "市",
)
"""What may follow the short name of a place without making it another."""


def within(text: str) -> list[str]:
    """Return the cities and provinces named anywhere in a text, in its order."""
    found = []
    at = 0
    while at < len(text):
        for place in BY_FIRST.get(text[at], ()):
            if text.startswith(place, at):
                found.append(place)
                at += len(place) - 1
                break
        at += 1
    return found
