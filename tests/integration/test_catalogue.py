"""The catalogue, edited by administrators from their chat clients: each command, with good, bad and hostile input."""

import asyncio

import pytest

from servers import FOREIGN_DOMAIN
from test_commands import is_refused

pytestmark = pytest.mark.any_server

COMMANDS = ("add-status", "edit-status", "delete-status", "order-statuses", "hide-status")


async def catalogue(client):
    return {row["id"]: row for row in (await client.command("list-statuses")).rows}


async def add(admin, **fields):
    result = await admin.command_step("add-status", values=fields)
    assert result.status == "completed", result
    return result


async def told(client, text):
    """Waits for a chat message of the component that has this text in it."""
    def found():
        return next((message for message in client.messages
                     if message["from"].full == client.component and text in message["body"]), None)
    return await client.wait_for(f"a message with {text!r}", found)


def audit(world):
    return world.query("SELECT actor, action, subject FROM audit WHERE action <> 'add-person' ORDER BY id")


async def test_a_status_is_added_picked_and_seen(world):
    alice, contact = await world.watched()
    admin, bob = await world.admin(), await world.client("bob")
    result = await admin.command("add-status", name="Kaffee & Küchen", show="away", icon="☕", color="#6f4e37",
                                 text="gleich zurück", activity="eating/having_a_snack", default_expiry="20",
                                 when_offline=True, call_action="dnd")
    assert result.status == "completed", result
    assert "kaffee-kuchen" in result.note
    row = (await catalogue(bob))["kaffee-kuchen"]
    assert row == {"id": "kaffee-kuchen", "name": "Kaffee & Küchen", "show": "away", "icon": "☕", "color": "#6F4E37",
                   "text": "gleich zurück", "kind": "custom", "enabled": "1"}
    offered = (await bob.command("set-status")).options("status")
    assert ("kaffee-kuchen", "☕ Kaffee & Küchen") in offered
    assert (await bob.command("set-status", status="kaffee-kuchen")).status == "completed"
    seen = await alice.sees(contact, id="kaffee-kuchen")
    assert (seen.show, seen.status) == ("away", "☕ Kaffee & Küchen (gleich zurück)")
    assert seen.rich["color"] == "#6F4E37" and "until" in seen.rich
    assert audit(world) == [(world.account("admin"), "add-status", "kaffee-kuchen")]


async def test_icons_are_offered_and_any_other_is_taken(world):
    admin = await world.admin()
    form = await admin.command("add-status")
    values = [value for value, _ in form.options("icon")]
    assert len(values) > 15 and "☕" in values
    assert form.field("icon").find(".//{http://jabber.org/protocol/xdata-validate}open") is not None
    for number, icon in enumerate(["👩‍👩‍👧‍👦", "🇩🇪", "1️⃣", "👍🏽", "Ä"]):
        await add(admin, name=f"With {number}", icon=icon)
    rows = await catalogue(admin)
    assert [rows[f"with-{number}"]["icon"] for number in range(5)] == ["👩‍👩‍👧‍👦", "🇩🇪", "1️⃣", "👍🏽", "Ä"]


BAD = [
    ("name", {"name": ""}), ("name", {}), ("name", {"name": "x" * 65}), ("name", {"name": "a\tb"}),
    ("name", {"name": "a\u202eb"}), ("name", {"name": "lunch BREAK"}), ("name", {"name": "ＯＮ ＣＡＬＬ"}),
    ("name", {"name": "x" * 5000}), ("name", {"name": ["One", "Two"]}),
    ("show", {"name": "New", "show": "gone"}), ("show", {"name": "New", "show": ""}),
    ("icon", {"name": "New", "icon": "ab"}), ("icon", {"name": "New", "icon": "☕☕"}),
    ("icon", {"name": "New", "icon": "e" + "\u0301" * 60}), ("icon", {"name": "New", "icon": "\u200b"}),
    ("color", {"name": "New", "color": "red"}), ("color", {"name": "New", "color": "#12345"}),
    ("color", {"name": "New", "color": "#12345g"}), ("color", {"name": "New", "color": "'; DROP TABLE statuses"}),
    ("text", {"name": "New", "text": "x" * 81}), ("text", {"name": "New", "text": "a\u0085b"}),
    ("activity", {"name": "New", "activity": "flying"}), ("activity", {"name": "New", "activity": "eating/<x/>"}),
    ("default_expiry", {"name": "New", "default_expiry": "1h"}),
    ("default_expiry", {"name": "New", "default_expiry": "-5"}),
    ("default_expiry", {"name": "New", "default_expiry": "99999999999999999999"}),
    ("when_offline", {"name": "New", "when_offline": "maybe"}),
    ("call_action", {"name": "New", "call_action": "status"}),
]


async def test_a_bad_status_is_refused_at_its_field_and_not_added(world):
    admin = await world.admin()
    for field, values in BAD:
        result = await admin.command_step("add-status", values=values)
        assert is_refused(result, field), (values, result)
    assert len(await catalogue(admin)) == 11
    assert world.query("SELECT count(*) FROM audit") == [(0,)]


async def test_hostile_text_is_only_text(world):
    alice, contact = await world.watched()
    admin, bob = await world.admin(), await world.client("bob")
    name = "<b a='1'>&\"'; DROP TABLE statuses; --"
    await add(admin, name=name, icon="<", text="%s%n </presence>")
    (status,) = [row for row in (await catalogue(bob)).values() if row["kind"] == "custom"]
    assert status["name"] == name
    await bob.command("set-status", status=status["id"])
    seen = await alice.sees(contact, id=status["id"])
    assert (seen.name, seen.status) == (name, f"< {name} (%s%n </presence>)")


async def test_an_edit_reaches_watchers_at_once(world):
    alice, contact = await world.watched()
    admin, bob = await world.admin(), await world.client("bob")
    await add(admin, name="Tea", icon="🍵", show="away", text="hot", color="#00FF00")
    await bob.command("set-status", status="tea")
    await alice.sees(contact, id="tea")
    for change, wanted in (({"name": "Green Tea"}, {"status": "🍵 Green Tea (hot)", "name": "Green Tea"}),
                           ({"icon": "🫖"}, {"status": "🫖 Green Tea (hot)"}),
                           ({"text": "-"}, {"status": "🫖 Green Tea"}),
                           ({"icon": "-"}, {"status": "Green Tea"}),
                           ({"show": "xa"}, {"show": "xa"}),
                           ({"color": "#ff00ff"}, {"show": "xa"})):
        result = await admin.command_step("edit-status", values={"status": "tea", **change})
        assert result.status == "completed", result
        seen = await alice.sees(contact, id="tea", **wanted)
    seen = await alice.wait_for("the color", lambda: alice.view(contact).rich["color"] == "#FF00FF" and alice.view(contact))
    assert (seen.show, seen.status, seen.id) == ("xa", "Green Tea", "tea")
    before = len(alice.history(contact))
    await admin.command_step("edit-status", values={"status": "tea", "call_action": "dnd", "default_expiry": "5"})
    await admin.command_step("order-statuses", values={"order": "tea"})
    await alice.settle()
    assert len(alice.history(contact)) == before


async def test_an_edit_leaves_alone_what_is_empty(world):
    admin = await world.admin()
    await add(admin, name="Tea", icon="🍵", show="away", text="hot", color="#00FF00", default_expiry="15")
    form = await admin.command("edit-status")
    values = {name: "" for name in form.fields if name not in ("FORM_TYPE", "status")}
    before = (await catalogue(admin))["tea"]
    result = await admin.command("edit-status", dict(values, status="tea", text="cold"))
    assert result.status == "completed", result
    assert (await catalogue(admin))["tea"] == dict(before, text="cold")
    assert world.query("SELECT default_expiry FROM statuses WHERE slug = 'tea'") == [(15,)]
    for field, bad in (("name", "on call"), ("name", "-"), ("color", "-"), ("show", "-"), ("icon", "xx"),
                       ("status", "nothing"), ("status", "lunch-break")):
        result = await admin.command_step("edit-status", values={"status": "tea", field: bad, "text": "warm"})
        assert is_refused(result, field), (field, bad, result)
    nothing = await admin.command_step("edit-status", values={"status": "tea"})
    assert nothing.status == "executing" and "nothing was given" in nothing.note
    assert (await catalogue(admin))["tea"]["text"] == "cold"


async def test_a_deleted_status_returns_its_people_to_available_and_they_are_told(world):
    alice, contact = await world.watched()
    admin, bob, carol = await world.admin(), await world.client("bob"), await world.client("carol")
    await add(admin, name="Tea", icon="🍵")
    await bob.command("set-status", status="tea")
    await carol.command("set-status", status="busy")
    await alice.sees(contact, id="tea")
    for confirm in ({}, {"confirm": False}):
        result = await admin.command_step("delete-status", values={"status": "tea", **confirm})
        assert is_refused(result, "confirm"), result
    result = await admin.command("delete-status", status="tea", confirm=True)
    assert result.status == "completed" and "🍵 Tea" in result.note, result
    await alice.sees(contact, id="available")
    message = await told(bob, "🍵 Tea")
    assert message["type"] == "chat" and "Available" in message["body"]
    await carol.settle()
    assert not [message for message in carol.messages if message["from"].bare == carol.component]
    assert "tea" not in await catalogue(admin)
    assert is_refused(await bob.command("set-status", status="tea"), "status")
    await add(admin, name="Tea")
    assert {"tea-2"} == set(await catalogue(admin)) - {row[0] for row in world.query(
        "SELECT slug FROM statuses WHERE kind <> 'custom'")}
    again = await admin.command_step("delete-status", values={"status": "tea", "confirm": True})
    assert is_refused(again, "status")


async def test_what_was_chosen_before_comes_back_when_a_timed_status_is_deleted(world):
    alice, contact = await world.watched()
    admin, bob = await world.admin(), await world.client("bob")
    await add(admin, name="Tea")
    await bob.command("set-status", status="busy")
    await bob.command("set-status", status="tea", expires="1h")
    await alice.sees(contact, id="tea")
    await admin.command("delete-status", status="tea", confirm=True)
    await alice.sees(contact, id="busy")
    await told(bob, "Your other choice stays in force")


async def test_the_deletion_and_its_consequence_survive_a_restart(world):
    alice, contact = await world.watched()
    admin, bob = await world.admin(), await world.client("bob")
    await add(admin, name="Tea")
    await bob.command("set-status", status="tea")
    await alice.sees(contact, id="tea")
    await admin.command("delete-status", status="tea", confirm=True)
    await alice.sees(contact, id="available")
    await asyncio.to_thread(world.offhook.stop)
    await asyncio.to_thread(world.offhook.start)
    await alice.sees(contact, id="available")
    assert len(await catalogue(admin)) == 11
    await add(admin, name="Tea")
    assert "tea-2" in await catalogue(admin)


async def test_a_hidden_status_stays_with_its_holder_and_is_not_offered(world):
    alice, contact = await world.watched()
    admin, bob = await world.admin(), await world.client("bob")
    await add(admin, name="Tea", icon="🍵")
    await bob.command("set-status", status="tea")
    await alice.sees(contact, id="tea")
    for status in ("tea", "lunch-break"):
        result = await admin.command("hide-status", status=status, hidden=True)
        assert result.status == "completed" and "is hidden" in result.note, result
    offered = [value for value, _ in (await bob.command("set-status")).options("status")]
    assert "tea" not in offered and "lunch-break" not in offered
    assert "tea" not in await catalogue(bob)
    assert (await catalogue(admin))["tea"]["enabled"] == "0"
    await alice.settle()
    assert alice.view(contact).id == "tea"
    for status in ("available", "on-call", "offline", "dnd"):
        assert is_refused(await admin.command_step("hide-status", values={"status": status}), "status")
    await admin.command("hide-status", status="lunch-break", hidden=False)
    assert (await bob.command("set-status", status="lunch-break")).status == "completed"
    assert is_refused(await bob.command("set-status", status="tea"), "status")
    assert [action for _, action, _ in audit(world)] == ["add-status", "hide-status", "hide-status", "hide-status"]


async def test_the_order_is_filled_in_and_changed(world):
    admin, bob = await world.admin(), await world.client("bob")
    await add(admin, name="Tea")
    form = await admin.command("order-statuses")
    order = form.fields["order"]
    assert order[0] == "available" and order[-1] == "tea" and len(order) == 12
    order = ["tea", *reversed(order[:-1])]
    assert (await admin.command("order-statuses", order=order)).status == "completed"
    assert list(await catalogue(bob)) == order
    assert (await admin.command("order-statuses", order=["dnd", "tea"])).status == "completed"
    order = ["dnd", "tea"] + [status for status in order if status not in ("dnd", "tea")]
    assert list(await catalogue(bob)) == order
    for bad in (["dnd", "dnd"], ["nothing"], "", ["x" * 65], ["a\tb"]):
        assert is_refused(await admin.command_step("order-statuses", values={"order": bad}), "order"), bad
    assert list(await catalogue(bob)) == order


async def test_two_administrators_at_once_lose_nothing(world):
    admin = await world.admin()
    other = await world.client("admin", resource="other")
    await add(admin, name="Tea", icon="🍵")
    for number in range(10):
        results = await asyncio.gather(
            admin.command_step("edit-status", values={"status": "tea", "text": f"text {number}"}),
            other.command_step("edit-status", values={"status": "tea", "name": f"Tea {number}"}),
            admin.command_step("edit-status", values={"status": "tea", "color": f"#00000{number}"}))
        assert [result.status for result in results] == ["completed"] * 3, results
        row = (await catalogue(admin))["tea"]
        assert (row["text"], row["name"], row["color"]) == (f"text {number}", f"Tea {number}", f"#00000{number}")
    stored = world.query("SELECT name, text, color FROM statuses WHERE slug = 'tea'")
    assert stored == [("Tea 9", "text 9", "#000009")]


async def test_of_two_who_want_one_name_or_delete_one_status_the_second_is_told(world):
    admin = await world.admin()
    other = await world.client("admin", resource="other")
    results = await asyncio.gather(admin.command_step("add-status", values={"name": "Siesta"}),
                                   other.command_step("add-status", values={"name": "SIESTA"}))
    assert sorted(result.status for result in results) == ["completed", "executing"], results
    (refused,) = [result for result in results if result.status == "executing"]
    assert is_refused(refused, "name") and "siesta" in refused.descriptions["name"]
    values = {"status": "siesta", "confirm": True}
    results = await asyncio.gather(admin.command_step("delete-status", values=values),
                                   other.command_step("delete-status", values=values),
                                   admin.command_step("edit-status", values={"status": "siesta", "name": "Nap"}))
    assert [result.status for result in results].count("completed") in (1, 2), results
    for result in results:
        assert result.status == "completed" or is_refused(result, "status"), result
    assert "siesta" not in await catalogue(admin)


async def test_editing_ordering_and_deleting_one_status_at_once_ends_well(world):
    alice, contact = await world.watched()
    admin, other = await world.admin(), await world.client("admin", resource="other")
    bob = await world.client("bob")
    for number in range(5):
        result = await add(admin, name="Tea", icon="🍵")
        tea = next(status for status, row in (await catalogue(admin)).items() if row["name"] == "Tea")
        assert tea in result.note
        assert (await bob.command("set-status", status=tea)).status == "completed"
        await alice.sees(contact, id=tea)
        orders = [[tea, "dnd"], ["busy", tea]]
        results = await asyncio.gather(
            admin.command_step("order-statuses", values={"order": orders[0]}),
            other.command_step("edit-status", values={"status": tea, "name": "Green Tea"}),
            admin.command_step("delete-status", values={"status": tea, "confirm": True}),
            other.command_step("order-statuses", values={"order": orders[1]}),
            admin.command_step("edit-status", values={"status": tea, "text": "hot"}),
            other.command_step("hide-status", values={"status": tea, "hidden": True}))
        for result, field in zip(results, ("order", "status", "status", "order", "status", "status")):
            assert result.status == "completed" or is_refused(result, field), (field, result)
        assert results[2].status == "completed", results[2]
        await alice.sees(contact, id="available")
        assert tea not in await catalogue(admin)
    shown = list(await catalogue(admin))
    assert len(shown) == 11
    stored = world.query("SELECT slug FROM statuses WHERE deleted_at IS NULL ORDER BY position, name_folded")
    assert [slug for slug, in stored] == shown
    await asyncio.to_thread(world.offhook.stop)
    await asyncio.to_thread(world.offhook.start)
    assert list(await catalogue(admin)) == shown
    assert world.query("SELECT count(*) FROM audit WHERE action = 'delete-status'") == [(5,)]


async def test_of_two_orders_at_once_one_stands(world):
    admin, other = await world.admin(), await world.client("admin", resource="other")
    ids = list(await catalogue(admin))
    for _ in range(5):
        orders = [ids[::-1], ids[3:] + ids[:3]]
        results = await asyncio.gather(
            *(client.command_step("order-statuses", values={"order": order})
              for client, order in zip((admin, other), orders)))
        assert [result.status for result in results] == ["completed"] * 2, results
        shown = list(await catalogue(admin))
        assert shown in orders
        stored = world.query("SELECT slug FROM statuses ORDER BY position, name_folded")
        assert [slug for slug, in stored] == shown
        assert (await admin.command_step("order-statuses", values={"order": ids})).status == "completed"


async def test_a_status_that_the_policy_shows_is_not_deleted(world):
    alice, contact = await world.watched()
    admin = await world.admin()
    await add(admin, name="Telephone", icon="☎️", show="dnd")
    await admin.command("policy", on_call_status="telephone")
    result = await admin.command("delete-status", status="telephone", confirm=True)
    assert is_refused(result, "status") and "on_call_status" in result.note
    await world.event("answered")
    await alice.sees(contact, id="telephone")
    await admin.command_step("edit-status", values={"status": "telephone", "name": "Fernsprecher"})
    await alice.sees(contact, name="Fernsprecher")


@pytest.mark.parametrize("node", COMMANDS)
async def test_others_are_forbidden(world, node):
    bob, eve = await world.client("bob"), await world.client("eve", FOREIGN_DOMAIN)
    for client in (bob, eve):
        values = {"status": "lunch-break", "name": "Mine", "confirm": True, "hidden": True, "order": "dnd"}
        assert (await client.command_step(node, values=values)).error == "forbidden"
    assert world.query("SELECT count(*) FROM statuses WHERE enabled AND deleted_at IS NULL") == [(11,)]


async def test_a_change_in_the_database_itself_is_taken_over(world):
    alice, contact = await world.watched()
    admin, bob = await world.admin(), await world.client("bob")
    await add(admin, name="Tea")
    await bob.command("set-status", status="tea")
    await alice.sees(contact, id="tea")
    world.query("UPDATE statuses SET deleted_at = now() WHERE slug = 'tea' RETURNING 1")
    await alice.sees(contact, id="available")
    await told(bob, "deleted")
