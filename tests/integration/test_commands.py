"""Ad-hoc commands as a client uses them: each one, with good, bad and hostile input."""

import pytest

from client import COMMANDS, CommandResult
from servers import FOREIGN_DOMAIN

pytestmark = pytest.mark.any_server

FOR_PEOPLE = {"set-status", "clear-status", "set-message", "my-status", "preferences", "list-statuses"}
FOR_ADMINS = {"policy", "list-people", "add-person", "edit-person", "delete-person", "set-person-status",
              "active-calls", "add-admin", "remove-admin", "audit"}
ITEMS = "http://jabber.org/protocol/disco#items"
INFO = "http://jabber.org/protocol/disco#info"


async def offered(client):
    answer = await client.query("get", client.component, f"<query xmlns='{ITEMS}' node='{COMMANDS}'/>")
    return {item.get("node") for item in answer.iter(f"{{{ITEMS}}}item")}


def condition(result):
    """The command's own error condition (XEP-0050 section 4.4), or None."""
    return next((element.tag.split("}")[1] for element in result.xml.iter()
                 if element.tag.startswith(f"{{{COMMANDS}}}") and not element.tag.endswith("}command")), None)


def is_refused(result, field):
    """The form came back, and note and field say what is wrong with the field."""
    return (result.status == "executing" and [kind for kind, _ in result.notes] == ["error"]
            and result.actions == ["complete"] and result.descriptions.get(field, "nothing") in result.note)


# --- who may ----------------------------------------------------------------------------------------


async def test_each_sees_what_they_may_run(world):
    bob, admin = await world.client("bob"), await world.admin()
    eve = await world.client("eve", FOREIGN_DOMAIN)
    assert FOR_PEOPLE <= await offered(bob)
    assert not FOR_ADMINS & await offered(bob)
    assert FOR_PEOPLE | FOR_ADMINS <= await offered(admin)
    assert await offered(eve) == set()
    info = await bob.query("get", bob.component, f"<query xmlns='{INFO}' node='set-status'/>")
    assert info.find(f".//{{{INFO}}}identity").get("type") == "command-node"
    hidden = await bob.query("get", bob.component, f"<query xmlns='{INFO}' node='policy'/>")
    assert hidden.get("type") == "error"


async def test_administration_is_forbidden_to_others(world):
    contact = world.user("bob")
    await world.add_person("bob", ["1001"])
    bob = await world.client("bob")
    for node in FOR_ADMINS:
        assert (await bob.command(node)).error == "forbidden", node
    once = await bob.command_step("delete-person", values={"contact": contact, "confirm": True})
    assert once.error == "forbidden"
    assert world.query("SELECT count(*) FROM people WHERE contact = %s", contact)[0][0] == 1


async def test_strangers_are_forbidden_everything(world):
    eve = await world.client("eve", FOREIGN_DOMAIN)
    for node in FOR_PEOPLE | FOR_ADMINS | {"nonsense"}:
        assert (await eve.command(node)).error == "forbidden", node


async def test_an_unknown_command_is_not_found(world):
    bob = await world.client("bob")
    assert (await bob.command("nonsense")).error == "item-not-found"


# --- sessions ---------------------------------------------------------------------------------------


async def test_a_session_belongs_to_one_device_and_one_answer(world):
    await world.add_person("bob")
    bob, mobile = await world.client("bob"), await world.client("bob", resource="mobile")
    alice = await world.client("alice")
    first = await bob.command_step("set-status")
    assert first.status == "executing" and first.actions == ["complete"]
    values = {"status": "dnd"}
    for other in (mobile, alice):
        stolen = await other.command_step("set-status", session=first.session, action="complete", values=values)
        assert (stolen.error, condition(stolen)) == ("bad-request", "bad-sessionid")
    done = await bob.command_step("set-status", session=first.session, action="complete", values=values)
    assert done.status == "completed"
    again = await bob.command_step("set-status", session=first.session, action="complete", values=values)
    assert condition(again) == "bad-sessionid"


async def test_an_action_that_makes_no_sense_is_refused_and_the_session_goes_on(world):
    await world.add_person("bob")
    bob = await world.client("bob")
    first = await bob.command_step("set-status")
    for action, wanted in (("next", "bad-action"), ("prev", "bad-action"), ("explode", "malformed-action"),
                           ("complete", "bad-payload")):
        refused = await bob.command_step("set-status", session=first.session, action=action)
        assert (refused.error, condition(refused)) == ("bad-request", wanted)
    done = await bob.command_step("set-status", session=first.session, values={"status": "dnd"})
    assert done.status == "completed"


async def test_cancelling_changes_nothing(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    first = await bob.command_step("set-status")
    gone = await bob.command_step("set-status", session=first.session, action="cancel")
    assert gone.status == "canceled"
    late = await bob.command_step("set-status", session=first.session, values={"status": "dnd"})
    assert condition(late) == "bad-sessionid"
    await alice.settle()
    assert alice.view(contact).id == "available"


async def test_another_form_is_refused(world):
    await world.add_person("bob")
    bob = await world.client("bob")
    result = await bob.command_step("set-status", values={"FORM_TYPE": "urn:offhook:1:policy", "status": "dnd"})
    assert condition(result) == "bad-payload"


# --- a person's own status ---------------------------------------------------------------------------


async def test_the_form_offers_statuses_and_times(world):
    await world.add_person("bob")
    bob = await world.client("bob")
    form = await bob.command("set-status")
    assert form.fields["FORM_TYPE"] == ["urn:offhook:1:set-status"]
    statuses = form.options("status")
    assert statuses[0] == ("available", "✅ Available")
    assert ("lunch-break", "🍽️ Lunch Break") in statuses
    assert not {"on-call", "offline"} & {value for value, _ in statuses}
    assert [value for value, _ in form.options("expires")] == ["...", "never", "30m", "1h", "4h", "today"]


async def test_a_status_is_set_for_a_while_and_cleared(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    result = await bob.command("set-status", status="lunch-break", message="back at 2", expires="1h")
    assert result.status == "completed"
    assert result.note.startswith("You are shown as 🍽️ Lunch Break (back at 2) until ")
    seen = await alice.sees(contact, id="lunch-break")
    assert (seen.show, seen.status, seen.message) == ("away", "🍽️ Lunch Break (back at 2)", "back at 2")
    assert "until" in seen.rich
    result = await bob.command("clear-status")
    assert result.status == "completed" and "✅ Available" in result.note
    await alice.sees(contact, id="available")


async def test_one_step_is_enough(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    result = await bob.command_step("set-status", values={"status": "business-trip"})
    assert result.status == "completed"
    await alice.sees(contact, id="business-trip")


async def test_the_note_says_why_something_else_is_shown(world):
    alice, contact = await world.watched()
    await (await world.admin()).command("policy", call_precedence="call")
    await world.event("answered")
    await alice.sees(contact, id="on-call")
    bob = await world.client("bob")
    result = await bob.command("set-status", status="lunch-break")
    assert result.note == ("You are shown as 📞 On Call: a call or meeting is going on. "
                           "Your choice is 🍽️ Lunch Break.")


BAD_STATUSES = [
    ("status", {"status": "on-call"}),
    ("status", {"status": "nonsense"}),
    ("status", {"status": ""}),
    ("status", {"status": ["dnd", "busy"]}),
    ("status", {"message": "no status"}),
    ("message", {"status": "dnd", "message": "x" * 141}),
    ("message", {"status": "dnd", "message": "x" * 9000}),
    ("message", {"status": "dnd", "message": "tab\tinside"}),
    ("message", {"status": "dnd", "message": "turned \u202e round"}),
    ("expires", {"status": "dnd", "expires": "25:00"}),
    ("expires", {"status": "dnd", "expires": "2001-01-01T00:00:00Z"}),
    ("expires", {"status": "dnd", "expires": "-1h"}),
    ("expires", {"status": "dnd", "expires": "9" * 39}),
    ("expires", {"status": "available", "expires": "1h"}),
]


async def test_a_bad_status_brings_the_form_back_and_changes_nothing(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    for field, values in BAD_STATUSES:
        result = await bob.command_step("set-status", values=values)
        assert is_refused(result, field), (values, result)
    await alice.settle()
    assert [seen.id for seen in alice.history(contact)] == ["available"]
    done = await bob.command_step("set-status", session=result.session, values={"status": "dnd"})
    assert done.status == "completed"
    await alice.sees(contact, id="dnd")


async def test_a_field_given_twice_is_refused(world):
    await world.add_person("bob")
    bob = await world.client("bob")
    iq = bob.make_iq_set(ito=bob.component)
    field = "<field var='status'><value>dnd</value></field>"
    answer = await bob.ask_raw(iq["id"], (
        f"<iq type='set' id='{iq['id']}' to='{bob.component}'><command xmlns='{COMMANDS}' node='set-status'>"
        f"<x xmlns='jabber:x:data' type='submit'>{field}{field}</x></command></iq>"))
    result = CommandResult(answer)
    assert is_refused(result, "status") and result.descriptions["status"] == "is given twice"


async def test_a_message_is_set_and_cleared(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    result = await bob.command("set-message", message="at home <&>", expires="4h")
    assert result.status == "completed"
    assert (await alice.sees(contact, message="at home <&>")).status == "✅ Available (at home <&>)"
    assert (await bob.command("set-message")).fields["message"] == ["at home <&>"]
    await bob.command("set-message", message="")
    await alice.sees(contact, message=None)
    bad = await bob.command("set-message", message="x" * 141)
    assert is_refused(bad, "message")


async def test_my_status_tells_what_colleagues_see_and_why(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    await bob.command("set-status", status="business-trip")
    await bob.command("set-status", status="lunch-break", expires="1h")
    result = await bob.command("my-status")
    assert result.status == "completed"
    fields = {name: values[0] for name, values in result.fields.items()}
    assert (fields["status"], fields["show"], fields["rule"]) == ("lunch-break", "away", "you chose it")
    assert fields["timed_choice"].startswith("🍽️ Lunch Break until ") and "chosen by you (" in fields["timed_choice"]
    assert fields["choice"].startswith("💼 Business Trip, chosen by you (")
    await bob.command("clear-status")
    await world.event("answered")
    await alice.sees(contact, id="on-call")
    fields = (await bob.command("my-status")).fields
    assert (fields["status"], fields["rule"]) == (["on-call"], ["a call or meeting is going on"])
    assert "choice" not in fields


async def test_the_catalogue_is_a_table(world):
    bob = await world.client("bob")
    result = await bob.command("list-statuses")
    assert result.status == "completed"
    rows = {row["id"]: row for row in result.rows}
    assert len(rows) == 11
    assert rows["on-call"] == {"id": "on-call", "name": "On Call", "show": "dnd", "icon": "📞", "color": "#AD1457",
                               "text": "", "kind": "automatic", "enabled": "1"}
    assert rows["lunch-break"]["kind"] == "builtin"


# --- accounts that become people ---------------------------------------------------------------------


async def test_who_sets_a_status_becomes_a_person(world):
    carol = await world.client("carol")
    result = await carol.command("set-status", status="dnd")
    assert result.status == "completed", result
    assert world.query("SELECT account FROM people WHERE contact = %s", world.user("carol")) \
        == [(world.account("carol"),)]
    alice = await world.client("alice")
    await alice.watch(world.contact("carol"), id="dnd")


async def test_without_auto_people_it_takes_an_administrator(world):
    await (await world.admin()).command("policy", auto_people=False)
    carol = await world.client("carol")
    for node in ("set-status", "set-message"):
        result = await carol.command(node, **({"status": "dnd"} if node == "set-status" else {"message": "hi"}))
        assert result.error == "not-allowed"
    assert (await carol.command("my-status")).error == "not-allowed"
    assert (await carol.command("list-statuses")).status == "completed"
    assert world.query("SELECT count(*) FROM people WHERE contact = %s", world.user("carol"))[0][0] == 0


# --- administration ----------------------------------------------------------------------------------


async def test_the_policy_is_filled_in_and_changed(world):
    alice, contact = await world.watched()
    admin = await world.admin()
    form = await admin.command("policy")
    fields = {name: values[0] if values else "" for name, values in form.fields.items()}
    assert fields["call_precedence"] == "manual" and fields["call_max_minutes"] == "240"
    assert fields["on_call_status"] == "on-call" and fields["ringing_status"] == "none"
    assert fields["auto_people"] == "1" and fields["offline_to_voicemail"] == "0" and fields["time_zone"] == "UTC"
    result = await admin.command("policy", on_call_status="busy", time_zone="Europe/Berlin")
    assert result.status == "completed"
    fields = (await admin.command("policy")).fields
    assert (fields["on_call_status"], fields["time_zone"]) == (["busy"], ["Europe/Berlin"])
    assert fields["call_max_minutes"] == ["240"]
    await world.event("answered")
    await alice.sees(contact, id="busy")


BAD_POLICIES = [
    ("call_precedence", "sometimes"), ("auto_away_minutes", "0"), ("auto_away_minutes", "1e3"),
    ("call_max_minutes", "999999999999999999999"), ("time_zone", "Mars/North"), ("on_call_status", "none"),
    ("on_call_status", "nonsense"), ("meeting_status", "offline"), ("ringing_status", "invisible"),
    ("auto_people", "maybe"), ("allowed_domains", "a@b"), ("allowed_domains", "x" * 2000), ("sign_off", ["1", "0"]),
]


async def test_a_bad_policy_is_refused_as_a_whole(world):
    admin = await world.admin()
    before = (await admin.command("policy")).fields
    for key, value in BAD_POLICIES:
        result = await admin.command("policy", dict({"offline_to_voicemail": True, key: value}))
        assert is_refused(result, key), (key, value, result)
    assert (await admin.command("policy")).fields == before


async def test_a_person_is_added_edited_and_deleted(world):
    admin, name = await world.admin(), world.user("dora")
    result = await admin.command("add-person", contact=name.upper(), jid=f"{name.upper()}@{world.xmpp.domain}",
                                 name="Dora Ü", extensions=["hq:2001", "lab:7"], time_zone="Asia/Tokyo")
    assert result.status == "completed", result
    assert world.contact("dora") in result.note
    listed = (await admin.command("list-people", filter="dora ü")).rows
    assert listed == [{"contact": name, "jid": world.account("dora"), "name": "Dora Ü",
                       "extensions": "hq:2001\nlab:7", "time_zone": "Asia/Tokyo", "status": listed[0]["status"]}]
    alice = await world.client("alice")
    await alice.watch(world.contact("dora"))
    await world.event("answered", "2001")
    await alice.sees(world.contact("dora"), id="on-call")

    result = await admin.command("edit-person", contact=name, jid="", name="", extensions=["hq:2002"], time_zone="-")
    assert result.status == "completed", result
    row = (await admin.command("list-people", filter="2002")).rows[0]
    assert (row["name"], row["jid"], row["time_zone"]) == ("Dora Ü", world.account("dora"), "")
    await alice.sees(world.contact("dora"), id="available")

    result = await admin.command("delete-person", contact=name, confirm=True)
    assert result.status == "completed", result
    await alice.sees(world.contact("dora"), type="unavailable")
    assert (await admin.command("list-people", filter="dora")).rows == []


async def test_nobody_is_deleted_without_a_confirmation(world):
    await world.add_person("bob", ["1001"])
    admin = await world.admin()
    for confirm in ({"confirm": False}, {}, {"confirm": "yes"}):
        result = await admin.command_step("delete-person", values={"contact": world.user("bob"), **confirm})
        assert is_refused(result, "confirm"), (confirm, result)
    assert len((await admin.command("list-people", filter=world.user("bob"))).rows) == 1


async def test_an_extension_has_one_holder_and_the_error_names_them(world):
    await world.add_person("bob", ["1001"])
    await world.add_person("dora", ["1002"])
    admin = await world.admin()
    result = await admin.command("add-person", contact="new", extensions=["hq:1001"])
    assert is_refused(result, "extensions")
    assert result.descriptions["extensions"] == f"hq:1001 belongs to Bob ({world.user('bob')})"
    result = await admin.command("edit-person", contact=world.user("dora"), extensions=["hq:1002", "hq:1001"])
    assert "belongs to Bob" in result.descriptions["extensions"]
    assert world.query("SELECT count(*) FROM people WHERE contact = 'new'")[0][0] == 0
    moved = await admin.command("edit-person", contact=world.user("bob"), extensions="-")
    assert moved.status == "completed"
    result = await admin.command("edit-person", contact=world.user("dora"), extensions=["hq:1002", "hq:1001"])
    assert result.status == "completed", result


BAD_PEOPLE = [
    ("contact", {"contact": "a b"}), ("contact", {"contact": "a@b"}), ("contact", {"contact": ""}),
    ("contact", {"contact": "x" * 257}), ("contact", {"contact": "a\tb"}),
    ("jid", {"contact": "new", "jid": "new@elsewhere.test"}), ("jid", {"contact": "new", "jid": "not an address"}),
    ("jid", {"contact": "new", "jid": "x" * 3000}),
    ("name", {"contact": "new", "name": "x" * 65}), ("name", {"contact": "new", "name": "a\nb"}),
    ("extensions", {"contact": "new", "extensions": ["1001"]}),
    ("extensions", {"contact": "new", "extensions": ["HQ:1001"]}),
    ("extensions", {"contact": "new", "extensions": ["hq:1 2"]}),
    ("extensions", {"contact": "new", "extensions": ["hq:1", "hq:1"]}),
    ("extensions", {"contact": "new", "extensions": [f"hq:{n}" for n in range(33)]}),
    ("time_zone", {"contact": "new", "time_zone": "Mars/North"}),
]


async def test_a_bad_person_is_refused(world):
    admin = await world.admin()
    for field, values in BAD_PEOPLE:
        result = await admin.command_step("add-person", values=values)
        assert is_refused(result, field), (values, result)
    assert (await admin.command("list-people", filter="new")).rows == []
    assert world.query("SELECT count(*) FROM people WHERE contact <> %s", world.user("admin")) == [(0,)]


async def test_a_contact_or_an_account_that_is_taken_is_refused(world):
    await world.add_person("bob")
    admin = await world.admin()
    result = await admin.command("add-person", contact=world.user("bob"))
    assert "belongs to Bob" in result.descriptions["contact"]
    result = await admin.command("add-person", contact="other", jid=world.account("bob"))
    assert "belongs to Bob" in result.descriptions["jid"]
    assert (await admin.command("edit-person", contact="nobody", name="X")).status == "executing"


async def test_changes_are_in_the_audit(world):
    admin = await world.admin()
    await world.add_person("bob", ["1001"])
    await admin.command("policy", auto_away_minutes="20")
    await admin.command("delete-person", contact=world.user("bob"), confirm=True)
    actors = [actor for actor, in world.query("SELECT actor FROM audit ORDER BY id")]
    assert actors == [world.account("admin")] * 3
