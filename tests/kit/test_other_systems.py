"""Exports of other systems come in: their headings are known, and companies named by their domain are found."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from db.models import Contact, Customer, Lead, Opportunity
from services.contacts import CONTACT
from services.customers import CUSTOMER
from services.kit import query
from services.kit.entity import Entity
from services.kit.query import Query
from services.kit.transfer import importing, mapping
from services.kit.transfer.outcome import Options, Outcome
from services.kit.transfer.reading import read_table
from services.leads import LEAD
from services.opportunities import OPPORTUNITY
from tests.factories import World

PEOPLE = (
    "Index,Customer Id,First Name,Last Name,Company,City,Country,Phone 1,Phone 2,Email,Subscription Date,Website\n"
    "1,DD37Cf93aecA6Dc,Sheryl,Baxter,Rasmussen Group,East Leonard,Chile,229.077.5154,397.884.0519x718,"
    "zunigavanessa@smith.info,2020-08-24,http://www.stephenson.com/\n"
    "2,0123,Roy,Berry,Murillo-Perry,,Chile,N/A,(496)978-3969x58947,roy@hogan.com,2020-03-25,null\n"
)


def brought(world: World, entity: Entity, content: str, **options: Any) -> Outcome:
    table = read_table(content.encode(), "export.csv")
    mapped = mapping.match_columns(entity, table, overrides=options.pop("maps", None))
    done: Outcome = world.do(importing.run_import, entity, table, mapped, Options(**options))
    return done


def rows(world: World, *columns: Any) -> list[tuple[Any, ...]]:
    statement = select(*columns).order_by(columns[0].parent.class_.id)
    return world.ask(lambda uow: [tuple(row) for row in uow.session.execute(statement)])


def test_a_list_of_customers_comes_in_as_customers_contacts_and_leads(world: World) -> None:
    assert [] == brought(world, CUSTOMER, PEOPLE).errors
    columns = (Customer.name, Customer.code, Customer.phone, Customer.address, Customer.website, Customer.notes)
    assert [
        ("Rasmussen Group", "DD37Cf93aecA6Dc", "229.077.5154", "East Leonard, Chile",
         "http://www.stephenson.com/", "Phone 2: 397.884.0519x718"),
        ("Murillo-Perry", "0123", "(496)978-3969x58947", "Chile", None, None),
    ] == rows(world, *columns)  # fmt: skip
    assert [] == brought(world, CONTACT, PEOPLE).errors
    assert ["Sheryl Baxter", "Roy Berry"] == [one for (one,) in rows(world, Contact.name)]
    assert [] == brought(world, LEAD, PEOPLE).errors
    assert ("Sheryl Baxter", "Rasmussen Group", "zunigavanessa@smith.info") in rows(
        world, Lead.name, Lead.company, Lead.email
    )


def test_several_columns_may_be_sent_to_one_field_by_hand(world: World) -> None:
    maps = {"Phone 1": "phone", "Phone 2": "phone", "First Name": "name", "Last Name": "name"}
    assert [] == brought(world, LEAD, PEOPLE, maps=maps).errors
    assert [("229.077.5154", "Phone 2: 397.884.0519x718"), ("(496)978-3969x58947", None)] == rows(
        world, Lead.phone, Lead.notes
    )


def test_headings_may_name_the_kind_of_record_before_the_field(world: World) -> None:
    content = "Deal - Title,Deal - Value,Deal - Organization,Deal - Expected close date\nRenewal,1200,Acme,31-Jan-27\n"
    outcome = brought(world, OPPORTUNITY, content, create_missing=True)
    assert [] == outcome.errors
    assert [("Renewal", 120_000)] == rows(world, Opportunity.name, Opportunity.amount)
    assert [] == brought(world, CUSTOMER, "Organization - Name,Organization - Website\nBorg,borg.example\n").errors


def test_a_record_number_longer_than_our_code_is_left_out_and_told(world: World) -> None:
    content = "Company ID,Company Name\nCOMP-5880f9ce-fd33-495e-850e-9df673591c52,Acme\n"
    outcome = brought(world, CUSTOMER, content)
    assert ([], 1) == (outcome.errors, outcome.created)
    assert "Not imported, since no field is chosen for it: “Company ID”." in map(str, outcome.notes)


def test_a_lead_without_a_name_is_named_and_one_without_anything_is_an_error(world: World) -> None:
    content = "Full name,Company,Email\n,Lonely Inc,\n,,ann@acme.example\nBob,,bob@gmail.com\n"
    outcome = brought(world, LEAD, content, skip_bad=True)
    assert [(4, "Company", "Please fill this in.")] == [
        (one.row, one.column, str(one.message)) for one in outcome.errors
    ]
    assert [("Lonely Inc", "Lonely Inc"), ("ann@acme.example", "acme.example")] == rows(world, Lead.name, Lead.company)
    assert "“Full name” was blank in 2 rows and was filled from: E-mail, Company." in map(str, outcome.notes)


def test_deals_and_contacts_find_their_company_by_its_domain(world: World) -> None:
    assert [] == brought(world, CUSTOMER, "Company Name,Website\nCruz Inc,https://www.flowers.net\n").errors
    assert [] == brought(world, OPPORTUNITY, "Deal Name,Associated Company Domain\nRenewal,flowers.net\n").errors
    assert [] == brought(world, CONTACT, "Name,Associated Company Domain\nAnn,flowers.net\n").errors
    found = world.ask(query.frame, OPPORTUNITY, Query(columns=("name", "customer_id")))
    assert ["Renewal"] == list(found["name"])
    assert 1 == world.ask(query.count, CONTACT)


def test_a_domain_nobody_has_is_told_at_its_row(world: World) -> None:
    outcome = brought(world, OPPORTUNITY, "Deal Name,Associated Company Domain\nRenewal,nobody.example\n")
    assert [(2, "Associated Company Domain")] == [(one.row, one.column) for one in outcome.errors]


def test_columns_are_known_as_chinese_and_western_systems_head_them(world: World) -> None:
    content = (
        "客户名称*,客户编号,所属行业,国家,省,市,区,详细地址,电话,网址,统一社会信用代码,下次跟进时间,上级客户\n"
        "上海示例信息技术有限公司,0000123,IT服务,中国,上海市,上海市,浦东新区,张江路1号,021-50001234,www.shili.example,"
        "91310115MA1K4B0X0X,2027-03-05,\n"
    )
    assert [] == brought(world, CUSTOMER, content).errors
    columns = (Customer.code, Customer.industry, Customer.address, Customer.website, Customer.next_step_on)
    assert [("0000123", "IT服务", "中国上海市浦东新区张江路1号", "www.shili.example", date(2027, 3, 5))] == rows(
        world, *columns
    )
    content = (
        "Topic,Potential Customer,Est. Close Date,Est. Revenue\n"
        'Six orders,上海示例信息技术有限公司,14-10-27,"$30,000.00"\n'
    )
    outcome = brought(world, OPPORTUNITY, content)
    assert [] == outcome.errors
    assert [("Six orders", 3_000_000, date(2027, 10, 14))] == rows(
        world, Opportunity.name, Opportunity.amount, Opportunity.close_on
    )


def test_headings_in_traditional_characters_are_known(world: World) -> None:
    content = "客戶名稱,客戶編號,電話,城市,備註,標籤\n臺北盛昌有限公司,007,02-27001234,台北,重要,展會\n"
    assert [] == brought(world, CUSTOMER, content.encode("big5").decode("big5")).errors
    columns = (Customer.name, Customer.code, Customer.phone, Customer.address)
    assert [("臺北盛昌有限公司", "007", "02-27001234", "台北")] == rows(world, *columns)
    ((notes,),) = rows(world, Customer.notes)
    assert ["重要", "展會"] == [word for word in ("重要", "展會") if word in notes]
