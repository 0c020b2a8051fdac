"""Headings: the words by which a column of a file is known, in both languages and as other systems write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

from db.characters import simplified
from services.kit.entity import Entity
from services.kit.transfer.intake import intake_of
from services.kit.words import compared, spellings

UNIT: Final = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]\s*$")
_NUMBERED: Final = re.compile(r"^(.*\D)[\s_#-]*[1-9]$")

_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "phone": (
        "telephone", "mobile", "tel", "cell", "phone number", "mobile phone", "mobile number", "cell phone",
        "手机", "手机号", "联系电话", "电话号码",
    ),
    "email": ("mail", "e-mail address", "email address", "email id", "邮箱", "电子邮件"),
    "website": (
        "url", "homepage", "domain", "website url", "web site", "web", "company domain name",
        "网站", "官网", "网址", "主页",
    ),
    "notes": ("note", "remark", "remarks", "comment", "comments", "description", "备注", "说明"),
    "code": ("id", "no", "number", "编号", "代码"),
    "close_on": (
        "close date", "closing date", "expected close", "expected close date", "est. close date",
        "estimated close date", "target close date",
        "预计成交日期", "预计签约日期", "预计成交",
    ),
    "closed_on": ("closed date", "actual close date", "成交日期"),
    "stage_id": ("deal stage", "sales stage", "pipeline phase", "销售阶段"),
    "owner_id": ("sales rep", "sales agent", "account manager", "responsible", "负责人", "销售", "客户经理"),
    "amount": (
        "value", "deal value", "deal amount", "close value", "est. revenue", "estimated revenue", "estimated value",
        "金额", "预计金额", "商机金额", "预计成交金额", "预计销售金额",
    ),
    "customer_id": ("account", "company", "client", "organization", "客户名称", "公司", "公司名称"),
    "win_probability": ("probability", "win rate", "赢率", "胜率", "赢单率", "成交概率"),
    "market_size": ("market", "市场规模", "市场容量"),
    "growth": ("growth rate", "market growth", "增长率", "增速"),
    "margin": ("gross margin", "毛利率", "利润率"),
    "competition": ("competitive intensity", "竞争强度", "竞争"),
    "employees": ("headcount", "number of employees", "no. of employees", "employee count", "员工数", "人员规模"),
    "tax_number": (
        "tax id", "vat number", "vat id", "vat reg. no.", "统一社会信用代码", "社会信用代码", "纳税人识别号",
    ),
    "revenue": ("turnover", "yearly revenue", "营业收入", "年收入"),
    "industry": ("一级行业", "所属行业", "行业类型"),
    "parent_id": ("parent account", "parent company", "母公司", "上级客户"),
    "next_step_on": (
        "next activity date", "next contact date", "next follow-up date",
        "下次跟进时间", "下次跟进日期", "下次联系时间", "下次联系日期",
    ),
    "founded_in": ("founded", "year founded", "year established", "成立年份"),
    "heads": ("people", "fte", "人数"),
    "cost": ("budget", "investment", "投入"),
    "mobile": ("mobile phone", "mobile phone number", "mobile number", "cell phone"),
    "title": ("position", "job position", "designation", "职位", "职务"),
    "source": ("lead source", "source of lead", "线索来源", "客户来源", "来源渠道", "渠道"),
    "status": ("lead status", "线索状态"),
    "customer.name": (
        "company", "company name", "account name", "organization", "organization name", "organisation",
        "公司", "公司名称", "客户名称",
    ),
    "customer.owner_id": ("company owner", "account owner"),
    "lead.name": ("contact person", "联系人", "姓名"),
    "lead.company": ("company name", "account name", "organization", "organization name", "公司名称", "客户名称"),
    "region": ("地区",),
    "lead.region": ("state", "province", "state/region", "state/province", "省份"),
    "lead.notes": ("requirement", "requirements", "需求"),
    "contact.name": ("contact person", "联系人", "姓名"),
    "contact.customer_id": ("associated company domain", "company domain", "account name", "company name"),
    "opportunity.name": ("deal name", "deal", "opportunity", "opportunity name", "title", "topic", "项目名称"),
    "opportunity.customer_id": (
        "associated company domain", "company domain", "account name", "company name", "organization name",
        "potential customer",
    ),
    "opportunity.lost_reason": ("closed lost reason", "lost reason"),
}  # fmt: skip

GIVEN: Final = "given"
MIDDLE: Final = "middle"
FAMILY: Final = "family"
_PERSON: Final[Mapping[str, tuple[str, ...]]] = {
    GIVEN: ("first name", "given name", "forename", "名", "名字"),
    MIDDLE: ("middle name", "middle initial"),
    FAMILY: ("last name", "surname", "family name", "姓", "姓氏"),
}
_ADDRESS: Final = (
    "street", "street address", "street 1", "street 2", "address line 1", "address line 2", "address 1", "address 2",
    "city", "town", "state", "province", "state/region", "state/province", "county", "zip", "zip code", "zipcode",
    "postal code", "postcode", "zip/postal code", "country", "country/region",
    "省", "省份", "市", "城市", "区", "县", "区县", "区/县", "街道", "详细地址", "邮编", "邮政编码", "国家",
)  # fmt: skip
_KINDS_OF_ADDRESS: Final = ("", "billing", "company", "primary", "office", "mailing")
_PHONES: Final = (
    "phone", "telephone", "tel", "mobile", "cell", "work phone", "home phone", "office phone", "business phone",
    "other phone", "direct phone", "mobile phone", "company phone", "main phone", "固定电话", "座机", "电话", "手机",
)  # fmt: skip
_MAILS: Final = (
    "email", "work email", "personal email", "secondary email", "other email", "alternate email", "additional email",
    "邮箱",
)  # fmt: skip
_TAGS: Final = ("tag", "tags", "label", "labels", "keywords", "标签")


def _all(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(compared(word) for word in words)


_ROLES: Final = {compared(word): role for role, words in _PERSON.items() for word in words}
_PARTS_OF_ADDRESS: Final = frozenset(compared(f"{kind} {word}") for kind in _KINDS_OF_ADDRESS for word in _ADDRESS)
_SEVERAL: Final = {"phone": _all(_PHONES), "email": _all(_MAILS)}
_TAGGED: Final = _all(_TAGS)


def role_of(heading: str) -> str:
    """Return which part of a person's name a heading announces, "" for none."""
    return _ROLES.get(compared(_scripts(heading)[-1]), "")


def is_tagged(heading: str) -> bool:
    """Say whether a heading announces tags: words that belong to no field of ours."""
    return compared(_scripts(heading)[-1]) in _TAGGED


def targets(entity: Entity) -> tuple[str, ...]:
    """Return the fields that a file may set."""
    return (*entity.writable, *(name for name in intake_of(entity.key).extra if name not in entity.writable))


def field_named(entity: Entity, written: str) -> str | None:
    """Return the field that a word names, by name or by label in any language."""
    if written in targets(entity):
        return written
    return words_of(entity).get(compared(written))


def is_own(entity: Entity, name: str, heading: str) -> bool:
    """Say whether a heading is simply another word for the field."""
    words = words_of(entity)
    return name in (words.get(compared(way)) for one in _scripts(heading) for way in (one, without_unit(one)))


def words_of(entity: Entity, *, with_aliases: bool = True) -> dict[str, str]:
    """Return the field of every word that names one, in compared form; what comes first wins."""
    found: dict[str, str] = {}
    for word, name in (*_labels(entity), *(_others(entity) if with_aliases else ())):
        found.setdefault(compared(word), name)
    return found


def _labels(entity: Entity) -> Iterator[tuple[str, str]]:
    for name in targets(entity):
        yield from ((word, name) for word in (name, *spellings(entity.fields[name].label)))


def _others(entity: Entity) -> Iterator[tuple[str, str]]:
    offered = targets(entity)
    for name in offered:
        yield from ((word, name) for word in _ALIASES.get(f"{entity.key}.{name}", ()))
    for label, name, suffixes in _named(entity, offered):
        yield from ((f"{word}{suffix}", name) for word in spellings(label) for suffix in suffixes)
    for name in offered:
        yield from ((word, name) for word in (name.removesuffix("_id"), *_ALIASES.get(name, ())))


def _named(entity: Entity, offered: tuple[str, ...]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return (word, field, what may follow the word): what we and others call records and their links."""
    ours = (entity.one, *_OTHER_WORDS[entity.key])
    named: list[tuple[str, str, tuple[str, ...]]] = []
    if entity.title in offered:
        named.append((entity.one, entity.title, ("", "name", "名称", "名")))
    if "code" in offered:
        named += [(word, "code", ("code", "number", "id", "编号")) for word in ours]
    if "owner_id" in offered:
        named += [(word, "owner_id", ("owner",)) for word in ours]
    named += [
        (entity.fields[name].label, name, ("", "name", "名称", "名", "code", "number", "编号"))
        for name in offered
        if entity.fields[name].kind == "reference"
    ]
    return named


class _Words(dict[str, tuple[str, ...]]):
    def __missing__(self, _key: str) -> tuple[str, ...]:
        return ()


_OTHER_WORDS: Final = _Words(
    customer=("account", "company", "organization", "record"),
    opportunity=("deal", "record"),
    contact=("person", "record"),
)
"""What other systems call our kinds of records."""


def without_unit(heading: str) -> str:
    """Return a heading without what stands in brackets at its end."""
    return UNIT.sub("", unicodedata.normalize("NFKC", heading)).rstrip(" %")


def _without_kind(entity: Entity, heading: str) -> str:
    """Return a heading without the kind of record before it, as in “Deal - Value” and “Organization - Name”."""
    kind, dash, rest = heading.partition(" - ")
    ours = {compared(word) for word in (entity.one, *_OTHER_WORDS[entity.key])}
    return rest if dash and compared(kind) in ours else heading


def recognised(entity: Entity, header: tuple[str, ...]) -> dict[int, str]:
    """Return the field of each column known by its heading; an exact label comes before an alias, whatever the order.

    A field gets one column; only what comes in parts gets several: names, addresses, numbered phones, tags.
    """
    found: dict[int, str] = {}
    for words in (words_of(entity, with_aliases=False), words_of(entity)):
        for position, heading in enumerate(header):
            ways = [way for one in _scripts(heading) for way in (one, without_unit(one), _without_kind(entity, one))]
            name = next((words[word] for word in map(compared, ways) if word in words), None)
            if name and position not in found and name not in found.values():
                found[position] = name
    has_whole = entity.title in found.values()
    more = {
        position: name
        for position, heading in enumerate(header)
        if position not in found and (name := _in_parts(entity, heading, has_whole=has_whole))
    }
    return found | more


def _scripts(heading: str) -> tuple[str, ...]:
    """Return a heading as it is written and, of traditional characters, in simplified ones, as ours are."""
    simple = heading if heading.isascii() else simplified(heading)
    return (heading,) if simple == heading else (heading, simple)


def _in_parts(entity: Entity, heading: str, *, has_whole: bool) -> str | None:
    """Return the field into which a column goes beside others; `has_whole`: another one has the whole name."""
    offered = targets(entity)
    heading = _scripts(heading)[-1]
    word = compared(heading)
    if role_of(word) and entity.title in offered and entity.fields[entity.title].personal:
        return None if has_whole else entity.title
    if word in _PARTS_OF_ADDRESS and "address" in offered:
        return "address"
    numbered = _NUMBERED.match(heading.strip())
    bare = compared(numbered[1]) if numbered else word
    for name, words in _SEVERAL.items():
        if name in offered and (bare in words or word in words):
            return name
    return "notes" if word in _TAGGED and "notes" in offered else None
