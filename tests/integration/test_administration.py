"""What administrators do for others: statuses, stuck calls, rights; and what the audit says of it."""

import asyncio
import re

import pytest

from servers import FOREIGN_DOMAIN

pytestmark = pytest.mark.any_server

NODES = ["set-person-status", "active-calls", "add-admin", "remove-admin", "audit"]


def is_refused(result, field):
    return (result.status == "executing" and [kind for kind, _ in result.notes] == ["error"]
            and result.descriptions.get(field, "nothing") in result.note)


async def audited(world):
    """The newest page of the audit, as (action, subject, changes)."""
    result = await (await world.admin()).command("audit", page="1")
    assert result.status == "completed", result
    return [(row["action"], row["subject"], row["changes"]) for row in result.rows]


async def test_others_may_not(world):
    await world.add_person("bob", ["1001"])
    bob, eve = await world.client("bob"), await world.client("eve", FOREIGN_DOMAIN)
    for client in (bob, eve):
        for node in NODES:
            assert (await client.command(node)).error == "forbidden", node
            once = await client.command_step(node, values={"jid": client.bare, "contact": world.user("bob"),
                                                           "status": "dnd", "page": "1"})
            assert once.error == "forbidden", node


# --- set-person-status ------------------------------------------------------------------------------


async def test_a_status_is_set_for_a_person_and_survives_a_restart(world):
    alice, contact = await world.watched()
    admin = await world.admin()
    form = await admin.command("set-person-status")
    assert (world.user("bob"), f"Bob ({world.user('bob')})") in form.options("contact")
    result = await admin.command("set-person-status", contact=world.user("bob"), status="business-trip",
                                 message="back <Monday>")
    assert result.status == "completed" and result.note == "Bob is shown as 💼 Business Trip (back <Monday>).", result
    await alice.sees(contact, id="business-trip", message="back <Monday>")
    assert world.offhook.stop() == 0
    world.start()
    await alice.wait_for("presence after the restart", lambda: any(
        seen.type == "unavailable" for seen in alice.history(contact)))
    await alice.sees(contact, id="business-trip")
    assert world.query("SELECT standing_source FROM choices") == [("admin",)]
    assert (await audited(world))[0] == ("set-person-status", world.user("bob"),
                                         "message: none → back <Monday>\nstatus: available → business-trip")


async def test_a_bad_status_for_a_person_is_refused_and_not_audited(world):
    alice, contact = await world.watched()
    admin, bob = await world.admin(), world.user("bob")
    for field, values in [("contact", {"contact": "nobody", "status": "dnd"}),
                          ("status", {"contact": bob, "status": "on-call"}),
                          ("status", {"contact": bob}),
                          ("message", {"contact": bob, "status": "dnd", "message": "x" * 141}),
                          ("expires", {"contact": bob, "status": "dnd", "expires": "yesterday"}),
                          ("expires", {"contact": bob, "status": "available", "expires": "1h"})]:
        result = await admin.command_step("set-person-status", values=values)
        assert is_refused(result, field), (values, result)
    await alice.settle()
    assert [seen.id for seen in alice.history(contact)] == ["available"]
    assert {action for action, _, _ in await audited(world)} == {"add-person"}


# --- active-calls -----------------------------------------------------------------------------------


async def test_a_stuck_call_is_found_and_ended(world):
    alice, contact = await world.watched()
    admin = await world.admin()
    empty = await admin.command("active-calls")
    assert (empty.status, empty.rows, empty.note) == ("completed", [], "There are no calls.")
    await world.event("answered", call="stuck <1>")
    await world.event("answered", extension="4711", call="other")
    await alice.sees(contact, id="on-call")
    listed = await admin.command("active-calls", page="1")
    row = next(row for row in listed.rows if row["call"] == "stuck <1>")
    assert (row["contact"], row["extension"], row["state"], row["direction"]) \
        == (world.user("bob"), "hq:1001", "active", "inbound")
    assert re.fullmatch(r"\d+ s", row["age"])
    form = await admin.command("active-calls")
    assert row["id"] in {value for value, _ in form.options("end")}
    result = await admin.command("active-calls", end=[row["id"]])
    assert (result.status, result.note) == ("completed", "1 call is ended."), result
    await alice.sees(contact, id="available")
    assert [row["call"] for row in (await admin.command("active-calls", page="1")).rows] == ["other"]
    action, subject, changes = (await audited(world))[0]
    assert (action, subject) == ("end-call", "hq:1001") and "call: stuck <1>" in changes
    again = await admin.command_step("active-calls", values={"end": [row["id"]]})
    assert is_refused(again, "end")
    await world.event("answered", call="stuck <1>")
    await alice.settle()
    assert alice.view(contact).id == "available"


# --- rights -----------------------------------------------------------------------------------------


async def test_an_administrator_is_added_and_removed(world):
    admin, bob = await world.admin(), await world.client("bob")
    result = await admin.command("add-admin", jid=world.account("bob").upper())
    assert result.status == "completed", result
    assert (await bob.command("policy")).status == "executing"
    assert world.query("SELECT jid FROM admins") == [(world.account("bob"),)]
    assert is_refused(await admin.command("add-admin", jid=world.account("bob")), "jid")
    form = await bob.command("remove-admin")
    assert form.options("jid") == [("...", "Choose one"), (world.account("bob"), world.account("bob"))]
    refused = await bob.command("remove-admin", jid=world.account("admin"))
    assert is_refused(refused, "jid") and "configuration file" in refused.note
    assert (await admin.command("remove-admin", jid=world.account("bob"))).status == "completed"
    assert (await bob.command("policy")).error == "forbidden"
    assert is_refused(await admin.command_step("remove-admin", values={"jid": world.account("bob")}), "jid")
    assert [(action, subject) for action, subject, _ in await audited(world)][:2] == [
        ("remove-admin", world.account("bob")), ("add-admin", world.account("bob"))]


async def test_of_the_last_two_administrators_one_stays(quiet_world):
    """Each removes the other, or both leave, at the same time."""
    world = quiet_world
    world.offhook.config["tenant"][0]["admins"] = []
    await asyncio.to_thread(world.start)
    ann, ben = await world.client("ann"), await world.client("ben")
    for removed in ((ben, ann), (ann, ben)):
        world.query("INSERT INTO admins (tenant_id, jid) SELECT t.id, j FROM tenants t, unnest(%s::text[]) j"
                    " ON CONFLICT DO NOTHING", [ann.bare, ben.bare])
        for client in (ann, ben):
            await until_admin(client)
        results = await asyncio.gather(
            *(client.command_step("remove-admin", values={"jid": jid.bare}) for client, jid in zip((ann, ben), removed)))
        (refused,) = [result for result in results if result.status != "completed"]
        assert refused.error == "forbidden" or is_refused(refused, "jid"), refused
        (left,) = world.query("SELECT jid FROM admins")
        rights = [(await client.command("policy")).error is None for client in (ann, ben)]
        assert rights == [left == (ann.bare,), left == (ben.bare,)]
        last = ann if rights[0] else ben
        assert is_refused(await last.command_step("remove-admin", values={"jid": last.bare}), "jid")


async def until_admin(client):
    """A change in the database itself is taken over within about a second."""
    for _ in range(200):
        if (await client.command("policy")).error is None:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{client.bare} is still no administrator")


async def test_an_added_administrator_stays_one_after_a_restart(world):
    await (await world.admin()).command("add-admin", jid=world.account("bob"))
    assert world.offhook.stop() == 0
    world.start()
    bob = await world.client("bob")
    assert (await bob.command("policy")).status == "executing"


async def test_a_bad_administrator_is_refused(world):
    admin = await world.admin()
    for jid in (f"eve@{FOREIGN_DOMAIN}", world.xmpp.domain, "a b@c", "", world.account("admin"), "x" * 4000):
        assert is_refused(await admin.command_step("add-admin", values={"jid": jid}), "jid"), jid
    assert world.query("SELECT count(*) FROM admins") == [(0,)]


# --- audit ------------------------------------------------------------------------------------------


async def test_the_audit_tells_who_changed_what_in_the_askers_time(world):
    admin = await world.admin()
    assert (await admin.command("audit", page="1")).note == "There are no changes."
    await world.add_person("bob", ["1001"])
    await admin.command("edit-person", contact=world.user("bob"), name="Robert")
    await admin.command("policy", time_zone="Asia/Tokyo")
    result = await admin.command("audit", page="1")
    assert "Asia/Tokyo" in result.note
    assert [row["action"] for row in result.rows] == ["policy", "edit-person", "add-person"]
    assert {row["actor"] for row in result.rows} == {world.account("admin")}
    assert result.rows[1]["changes"] == "name: Bob → Robert"
    assert "time_zone: Asia/Tokyo" in result.rows[0]["changes"].split("\n")
    at, = world.query("SELECT to_char(at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD HH24:MI:SS') FROM audit"
                      " ORDER BY id DESC LIMIT 1")[0]
    assert result.rows[0]["at"] == at


async def test_a_long_audit_comes_in_pages(world):
    admin = await world.admin()
    world.query("INSERT INTO audit (tenant_id, actor, action, subject, after) SELECT t.id, 'x@y', 'test', n::text,"
                " jsonb_build_object('long', repeat('<&>', 2000)) FROM tenants t, generate_series(1, 120) n")
    first = await admin.command("audit", page="1")
    assert [row["subject"] for row in first.rows] == [str(n) for n in range(120, 70, -1)]
    third = await admin.command("audit", page="3")
    assert [row["subject"] for row in third.rows] == [str(n) for n in range(20, 0, -1)]
    assert (await admin.command("audit", page="4")).note == "There are no changes on this page."
    assert is_refused(await admin.command("audit", page="0"), "page")
