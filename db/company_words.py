"""Words that company names are built of besides the trade name: legal forms, industries, short names of giants."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CHINESE_FORMS: Final = (
    "股份有限责任公司",
    "有限责任股份公司",
    "股份有限公司",
    "有限责任公司",
    "责任有限公司",
    "有限公司",
    "股份公司",
    "总公司",
    "公司",
)
"""Legal forms wherever they stand in a name; the longer first."""

ENDINGS: Final = ("普通合伙", "有限合伙人", "有限合伙", "股份")
"""What may be left out at the end of a name without making it another company's."""

GROUP: Final = "集团"
"""Not a legal form: 伊东煤炭 and 伊东煤炭集团 are two companies. It is kept apart and compared."""

LATIN_FORMS: Final = _words(
    "ab ag as aps bhd bv co company corp corporation gmbh inc incorporated kg kk kgaa limited llc llp lp ltd mbh "
    "nv oy oyj plc pte pty pvt sa sas sarl sdn se spa srl zoo"
)
LATIN_GROUPS: Final = frozenset(["group", "holding", "holdings"])

INDUSTRIES: Final = _words(
    "科技 技术 信息 网络 软件 电子 通信 通讯 数码 数据 智能 计算机 互联网 物联网 系统 集成 电器 电气 电力 电缆 "
    "电机 光电 光伏 半导体 微电子 自动化 机械 机电 机器 机床 设备 装备 仪器 仪表 工具 模具 五金 轴承 阀门 泵业 "
    "制造 加工 制品 汽车 汽配 零部件 部件 配件 摩托车 船舶 航空 航天 铁路 轨道 交通 运输 货运 物流 仓储 快递 "
    "供应链 港口 码头 化工 化学 石化 石油 天然气 燃气 能源 新能源 节能 环保 环境 水务 污水处理 风电 水电 发电 "
    "热电 热力 煤业 煤炭 焦煤 煤矿 矿业 矿产 资源 冶金 钢铁 钢管 金属 有色 铝业 铜业 锂业 材料 新材料 复合材料 "
    "建材 水泥 玻璃 陶瓷 塑料 塑胶 橡胶 包装 印刷 纸业 造纸 纺织 服装 服饰 制衣 鞋业 皮革 家纺 家具 家居 家电 "
    "装饰 装修 建筑 建设 工程 施工 园林 绿化 市政 路桥 房地产 地产 置业 物业 物业管理 开发 发展 实业 工业 产业 "
    "企业 贸易 商贸 工贸 外贸 进出口 商业 商务 百货 超市 连锁 零售 批发 电子商务 农业 农林 牧业 畜牧 养殖 育种 "
    "种业 渔业 林业 粮油 粮食 食品 饮料 酒业 乳业 茶业 餐饮 酒店 旅游 旅行社 文化 传媒 传播 广告 影视 娱乐 体育 "
    "教育 培训 出版 艺术 医药 药业 制药 生物 生物技术 医疗 医疗器械 医院 健康 保健 养老 化妆品 日化 金融 投资 "
    "资本 资产 资产管理 基金 股权 股权投资 创业投资 创投 证券 期货 保险 信托 银行 担保 融资 融资租赁 租赁 典当 "
    "小额贷款 管理 企业管理 咨询 顾问 服务 中介 代理 经纪 人力资源 劳务 保安 检测 认证 设计 规划 研究 研究院 "
    "研究所 设计院 勘察 测绘 监理 会计师事务所 律师事务所 事务所 合伙企业 有限合伙 合伙 中心 管理中心 工厂 厂 "
    "总厂 分厂 店 商店 商行 经营部 营业部 合作社 联合社 控股 国际 联合 综合 运营 经营 销售 营销 采购 供应 维修 "
    "安装 生产 股份 中国 亚洲 世纪"
)
BY_LAST: Final = {
    last: tuple(sorted((word for word in INDUSTRIES if word[-1] == last), key=len, reverse=True))
    for last in {word[-1] for word in INDUSTRIES}
}
"""Last character -> the industries that end with it, longer ones first."""

LATIN_INDUSTRIES: Final = _words(
    "technology technologies tech industry industries industrial international trading trade engineering "
    "electronics electronic electric systems system solutions services service software consulting logistics "
    "manufacturing machinery materials energy medical pharma pharmaceuticals chemical chemicals investment "
    "investments capital enterprise enterprises development global china asia europe america the and of hongkong"
)

BRANCHES: Final = ("支行", "分行", "营业部", "分公司", "办事处", "分社", "分理处")
"""What a part of a company is called; where it stands, the name before it is the company's."""

SHORT_NAMES: Final = {
    "工行": "中国工商银行",
    "工商银行": "中国工商银行",
    "农行": "中国农业银行",
    "农业银行": "中国农业银行",
    "建行": "中国建设银行",
    "建设银行": "中国建设银行",
    "中行": "中国银行",
    "交行": "交通银行",
    "招行银行": "招商银行",
    "招行": "招商银行",
    "邮储银行": "中国邮政储蓄银行",
    "浦发银行": "上海浦东发展银行",
    "浦东发展银行": "上海浦东发展银行",
    "民生银行": "中国民生银行",
    "光大银行": "中国光大银行",
    "农发行": "中国农业发展银行",
    "国开行": "国家开发银行",
    "中石油": "中国石油天然气",
    "中石化": "中国石油化工",
    "中海油": "中国海洋石油",
    "中国移动": "中国移动通信",
    "中国联通": "中国联合网络通信",
    "国家电网": "国家电网",
    "国网": "国家电网",
    "南方电网": "中国南方电网",
    "中铁": "中国铁路工程",
    "中国中铁": "中国铁路工程",
    "中建": "中国建筑",
    "中交": "中国交通建设",
    "中粮": "中国粮油食品",
    "中粮集团": "中国粮油食品",
    "中信银行": "中信银行",
    "中国人寿": "中国人寿保险",
    "中国平安": "中国平安保险",
    "人保": "中国人民保险",
    "上汽": "上海汽车",
    "一汽": "中国第一汽车",
    "东风": "东风汽车",
    "海航": "海南航空",
    "国航": "中国国际航空",
    "东航": "中国东方航空",
    "南航": "中国南方航空",
    "中车": "中国中车",
    "中核": "中国核工业",
    "中船": "中国船舶",
    "中化": "中国中化",
    "宝钢": "宝山钢铁",
    "鞍钢": "鞍山钢铁",
    "武钢": "武汉钢铁",
}
"""Short name -> the name it stands for, where a name begins with it. For finding only: two names that meet by this
are perhaps the same, never surely."""

FREE_MAIL: Final = _words(
    "gmail.com qq.com vip.qq.com foxmail.com 163.com vip.163.com 126.com yeah.net 139.com 189.cn wo.cn sina.com "
    "sina.cn vip.sina.com sohu.com aliyun.com tom.com 21cn.com 263.net hotmail.com outlook.com live.com live.cn "
    "msn.com yahoo.com yahoo.cn yahoo.com.cn yahoo.co.uk yahoo.co.jp yahoo.co.in yahoo.de yahoo.fr ymail.com "
    "rocketmail.com icloud.com me.com mac.com aol.com gmx.com gmx.de gmx.net web.de t-online.de freenet.de "
    "mail.com mail.ru yandex.ru yandex.com proton.me protonmail.com pm.me tutanota.com zoho.com fastmail.com "
    "hey.com naver.com daum.net hanmail.net orange.fr wanadoo.fr free.fr laposte.net libero.it bluewin.ch "
    "hushmail.com comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net btinternet.com "
    "rediffmail.com googlemail.com hotmail.co.uk hotmail.fr live.co.uk qq.cn"
)
SHARED_HOSTS: Final = _words(
    "facebook.com linkedin.com twitter.com x.com instagram.com youtube.com weibo.com taobao.com tmall.com "
    "1688.com jd.com alibaba.com made-in-china.com wordpress.com blogspot.com github.io wixsite.com weebly.com "
    "baidu.com google.com example.com localhost"
)
SECOND_LEVELS: Final = _words("com co net org gov edu ac or ne go gob mil")
"""Under a country's two letters these are no company's: huawei.com.cn, not com.cn."""
