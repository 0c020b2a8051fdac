"""Normal forms: one form for all spellings, the form of a form is the form, and nothing becomes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import company_words, normal, places
from db.company_names import company_parts

_HAN = "华为腾讯联影双利柳拓博搏伊东天策信盟融源通旭晖萬樂龍齊中国北京上海市省集团公司有限股份（）()·银行支行"
NAMES = st.text(
    st.one_of(st.sampled_from(_HAN), st.characters(codec="utf-8", max_codepoint=0xFFFF)), min_size=1, max_size=60
)
BARE = st.text("华为腾讯联影双利柳拓博搏天策信盟融源旭晖鑫磊", min_size=2, max_size=6)


@given(NAMES)
def test_the_key_of_a_key_is_the_key(name: str) -> None:
    key = normal.company_key(name)
    assert key == normal.company_key(key)


@given(NAMES.filter(lambda name: name.strip() != ""))
def test_no_key_of_a_name_is_empty(name: str) -> None:
    assert "" != normal.company_key(name)
    assert "" != normal.person_key(name)


@given(NAMES)
def test_a_key_fits_into_its_column(name: str) -> None:
    key, block = normal.company_forms(name * 9)
    assert len(key) <= 200
    assert len(block) <= 20


@given(BARE, st.sampled_from(company_words.CHINESE_FORMS))
def test_a_legal_form_makes_no_other_company(name: str, form: str) -> None:
    assert normal.company_forms(name) == normal.company_forms(name + form)


@given(BARE, st.sampled_from(sorted(places.PROVINCE_OF)))
def test_a_place_is_the_same_with_rank_with_province_and_in_brackets(name: str, city: str) -> None:
    province = places.PROVINCE_OF[city]
    spelled = [f"{city}{name}", f"{city}市{name}", f"{province}省{city}市{name}有限公司", f"{name}（{city}）有限公司"]
    if city.endswith("市"):
        spelled.pop(1)
        spelled[1] = f"{province}省{city}{name}有限公司"
    assert {normal.company_key(spelled[0])} == {normal.company_key(one) for one in spelled}


@given(st.text("abcdefghijklmnopqrstuvwxyz 0123456789", min_size=1, max_size=40))
def test_width_and_case_make_no_difference(name: str) -> None:
    wide = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in name.upper())
    assert normal.company_key(name) == normal.company_key(wide)
    assert normal.person_key(name) == normal.person_key(wide)


@given(st.lists(st.text("abcdefghij", min_size=2, max_size=8), min_size=1, max_size=4), st.randoms())
def test_the_order_of_a_persons_names_makes_no_difference(words: list[str], dice: object) -> None:
    other = list(words)
    dice.shuffle(other)  # type: ignore[attr-defined]
    assert normal.person_key(" ".join(words)) == normal.person_key(", ".join(other).title())


@given(st.text(max_size=40))
def test_forms_of_forms_are_the_forms(text: str) -> None:
    for form in (normal.phone_key, normal.email_key, normal.domain_key, normal.tax_key, normal.person_key):
        made = form(text)
        assert made is None or made == form(made), form.__name__


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("深圳市华为技术有限公司", "華為技術（深圳）有限公司"),
        ("广东省深圳市华为技术有限公司", "深圳华为技术"),
        ("万方(香港)实业有限公司", "萬方實業（香港）有限公司"),
        ("香港安纳联合制药有限公司", "香港安納聯合制葯有限公司"),
        ("ＡＢＣ　Ｃｏ．，　Ｌｔｄ．", "abc"),
        ("Müller G.m.b.H.", "MULLER GmbH"),
        ("中国工商银行股份有限公司长沙市东塘支行", "中国工商银行长沙东塘支行"),
        ("共青城中源信投资管理合伙企业", "共青城中源信投资管理合伙企业（有限合伙）"),
        ("OGAWA HEALTH CARE INTERNATIONAL(HK)LTD", "Ogawa Health Care International (HK) Limited"),
    ],
)
def test_spellings_of_one_company_have_one_key(one: str, other: str) -> None:
    assert normal.company_key(one) == normal.company_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("内蒙古伊东煤炭有限公司", "内蒙古伊东煤炭集团有限责任公司"),
        ("宁波博远新轩股权投资合伙企业", "海南博远新轩股权投资合伙企业"),
        ("宝清县双利煤矿有限公司", "宝清县双柳煤矿有限公司"),
        ("吉林市环城有限公司", "吉林省环城有限公司"),
        ("上海银行", "北京银行"),
        ("上海银行北京分行", "北京银行上海分行"),
        ("Acme 1 Ltd", "Acme 2 Ltd"),
    ],
)
def test_two_companies_have_two_keys(one: str, other: str) -> None:
    assert normal.company_key(one) != normal.company_key(other)


def test_a_name_that_a_person_would_recognise_by_ear_is_in_the_same_block() -> None:
    assert normal.company_block("深圳市拓搏实业有限公司") == normal.company_block("拓博实业")
    assert normal.company_block("农行南宁民族支行") == normal.company_block("中国农业银行股份有限公司南宁民族支行")


def test_places_of_a_name_are_told_from_its_rest() -> None:
    parts = company_parts("四川省成都市锦江宾馆有限责任公司")
    assert (("锦江宾馆",), ("成都",), False) == parts


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("138 0013 8000", "+8613800138000"),
        ("+86-138-0013-8000", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("(0755) 2878 0808", "+8675528780808"),
        ("010-65529988", "+861065529988"),
        ("021-64321234 转 801", "+862164321234"),
        ("0755-28780808 / 13800138000", "+8675528780808"),
        ("+1 650-253-0000", "+16502530000"),
        ("+49 (0)30 901820", "+4930901820"),
        ("123", None),
        ("", None),
        ("无", None),
        ("00000000", None),
    ],
)
def test_a_telephone_number_is_e164(written: str, expected: str | None) -> None:
    assert expected == normal.phone_key(written)


def test_a_number_without_prefix_belongs_to_the_country_of_the_company() -> None:
    try:
        normal.use_region("US")
        assert "+16502530000" == normal.phone_key("650 253 0000")
    finally:
        normal.use_region("CN")


@pytest.mark.parametrize(
    ("written", "address", "domain"),
    [
        ("Ann <Ann.Li+news@Huawei.com>", "ann.li@huawei.com", "huawei.com"),
        ("A.N.N@googlemail.com", "ann@gmail.com", None),
        ("１２３＠ｑｑ．ｃｏｍ", "123@qq.com", None),
        ("li@mail.haier.com.cn", "li@mail.haier.com.cn", "haier.com.cn"),
        ("no address", None, None),
    ],
)
def test_a_mail_address_and_its_companys_domain(written: str, address: str | None, domain: str | None) -> None:
    assert (address, domain) == normal.email_forms(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://www.huawei.com/cn/", "huawei.com"),
        ("HTTP://WWW.BBC.CO.UK:80", "bbc.co.uk"),
        ("shop.huawei.com", "huawei.com"),
        ("weibo.com/huawei", None),
        ("10.0.0.1", None),
        ("none", None),
    ],
)
def test_a_web_address_tells_the_companys_domain(written: str, expected: str | None) -> None:
    assert expected == normal.domain_key(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("９１44-0300 27922－X", "9144030027922X"), ("n/a", None), ("0000000", None), ("DE 123 456 789", "DE123456789")],
)
def test_a_tax_number_is_its_letters_and_digits(written: str, expected: str | None) -> None:
    assert expected == normal.tax_key(written)
