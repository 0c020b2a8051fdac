"""Names of companies: what is labelled different is never the same, and what is the same is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from services.duplicates import NONE, PERHAPS, SAME
from services.duplicates.company_names import judge
from services.kit.transfer.reading import read_table
from services.settings import ROOT

LABELLED = ROOT.parent / "shared" / "data" / "cn_company_pairs" / "company_similarity_final.xlsx"
needs_labels = pytest.mark.skipif(not LABELLED.exists(), reason="the labelled pairs are not shipped with the portal")


def _labelled(path: Path = LABELLED) -> Iterator[tuple[str, str, bool]]:
    table = read_table(path)
    one, other, label = (table.column(heading) for heading in ("公司1", "公司2", "原始是否是同一家公司"))
    for row in table.rows:
        said = row.cells[label or 0]
        if said in ("是", "否"):
            yield str(row.cells[one or 0]), str(row.cells[other or 0]), said == "是"


@needs_labels
def test_labelled_pairs() -> None:
    tiers = Counter((is_one, judge(a, b).tier) for a, b, is_one in _labelled())
    assert 858 == tiers.total()
    assert 0 == tiers[False, SAME]
    same = sum(count for (is_one, _), count in tiers.items() if is_one)
    assert 0.97 <= 1 - tiers[True, NONE] / same
    assert 9 <= tiers[False, NONE]


@needs_labels
def test_names_taken_at_random_are_not_asked_about() -> None:
    # Half of the names are branches of a dozen banks, the worst case there is.
    names = sorted({name for a, b, _ in _labelled() for name in (a, b)})[::9]
    tiers = Counter(judge(a, b).tier for a, b in combinations(names, 2))
    assert tiers[PERHAPS] + tiers[SAME] <= 0.01 * tiers.total()


@pytest.mark.parametrize(
    ("one", "other", "tier"),
    [
        ("华为技术有限公司", "华为技术", SAME),
        ("深圳市腾讯计算机系统有限公司", "騰訊計算機系統（深圳）有限公司", SAME),
        ("中国石油天然气集团公司", "中石油", PERHAPS),
        ("中国石油天然气集团公司", "中国石油", PERHAPS),
        ("农行南宁民族支行", "中国农业银行股份有限公司南宁民族支行", PERHAPS),
        ("常宝精特钢管有限公司", "常州常宝精特钢管有限公司", PERHAPS),
        ("伊东煤炭有限公司", "伊东煤炭集团有限责任公司", PERHAPS),
        ("海宁安邦投资有限公司", "宁波安邦投资有限公司", PERHAPS),
        ("深圳市拓搏实业有限公司", "深圳市拓博实业有限公司", PERHAPS),
        ("宝清县双利煤矿有限公司", "宝清县双柳煤矿有限公司", NONE),
        ("武汉熙悦房地产开发有限公司", "武汉润置房地产开发有限公司", NONE),
        ("中建三局第一工程有限公司", "中建三局第二工程有限公司", NONE),
        ("中国工商银行太原分行", "中国工商银行西安分行", NONE),
        ("Acme Trading Co., Ltd.", "ACME Trading Company Limited", SAME),
        ("Müller Maschinenbau GmbH", "Mueller Maschinenbau", PERHAPS),
        ("Central Chief Limited", "Chief Central Ltd", PERHAPS),
        ("Alpha Logistics", "Omega Logistics", NONE),
        ("华为", "Huawei", NONE),
    ],
)
def test_judgement(one: str, other: str, tier: str) -> None:
    assert tier == judge(one, other).tier
    assert tier == judge(other, one).tier
