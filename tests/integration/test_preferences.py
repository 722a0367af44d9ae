"""What a person prefers, what was chosen last, and what a person is told of the own facts."""

import asyncio
import datetime
import zoneinfo

import pytest
from servers import FOREIGN_DOMAIN

pytestmark = pytest.mark.any_server

FIELDS = ["auto_away_minutes", "on_login", "on_logout", "time_zone", "hide_calls", "feed", "action_available",
          "action_chat", "action_away", "action_xa", "action_dnd", "action_unavailable"]
OWN = {"auto_away_minutes": "25", "on_login": "chat", "on_logout": "business-trip", "time_zone": "Asia/Tokyo",
       "hide_calls": "1", "action_available": "none", "action_chat": "follow-me", "action_away": "dnd",
       "action_xa": "status", "action_dnd": "none", "action_unavailable": "follow-me"}


async def preferred(client):
    """The form's values, by field."""
    form = await client.command("preferences")
    assert form.status == "executing", form
    return {name: values[0] if values else "" for name, values in form.fields.items() if name != "FORM_TYPE"}


async def save(client, **values):
    result = await client.command_step("preferences", values=values)
    assert result.status == "completed" and result.note.startswith("Your preferences are saved."), result
    return result


async def restart(world):
    assert await asyncio.to_thread(world.offhook.stop) == 0
    await asyncio.to_thread(world.start)


async def of_extension(world, extension="1001"):
    answer = await world.request("GET", f"/v1/pbx/hq/extensions/{extension}/presence", token=world.offhook.token)
    assert answer.status == 200, answer
    return answer.json


# --- the form -----------------------------------------------------------------------------------------


async def test_the_form_is_filled_in_and_saved_and_survives_a_restart(world):
    await world.add_person("bob", ["1001"])
    bob = await world.client("bob")
    form = await bob.command("preferences")
    assert [name for name in form.fields if name != "FORM_TYPE"] == FIELDS
    assert form.fields["FORM_TYPE"] == ["urn:offhook:1:preferences"]
    assert form.options("on_login")[:2] == [("keep", "Keep it as it is"), ("available", "✅ Available")]
    assert [value for value, _ in form.options("action_dnd")] == ["status", "none", "dnd", "follow-me"]
    assert "empty: as everybody's, which is 10" in form.descriptions["auto_away_minutes"]
    assert "empty: the organisation's, which is UTC" in form.descriptions["time_zone"]
    before = await preferred(bob)
    assert (before["auto_away_minutes"], before["time_zone"], before["on_login"]) == ("", "", "keep")
    assert (before["hide_calls"], before["action_away"]) == ("0", "status")
    await save(bob, **OWN)
    assert {**await preferred(bob), **OWN} == await preferred(bob)
    await restart(world)
    assert {**await preferred(bob), **OWN} == await preferred(bob)
    await save(bob, auto_away_minutes="", time_zone="", hide_calls=False)
    now = await preferred(bob)
    assert (now["auto_away_minutes"], now["time_zone"], now["hide_calls"]) == ("", "", "0")
    assert now["on_login"] == "chat"
    stored, = world.query("SELECT time_zone, preferences FROM people WHERE contact = %s", world.user("bob"))
    assert stored == (None, {"on_login": "chat", "on_logout": "business-trip", "action_available": "none",
                             "action_chat": "follow-me", "action_away": "dnd", "action_dnd": "none",
                             "action_unavailable": "follow-me"})


BAD = [
    ("auto_away_minutes", "0"), ("auto_away_minutes", "1441"), ("auto_away_minutes", "1e3"),
    ("auto_away_minutes", "9" * 400), ("auto_away_minutes", ["5", "6"]), ("on_login", "on-call"),
    ("on_login", "nonsense"), ("on_logout", "offline"), ("on_logout", "'; DROP TABLE people; --"),
    ("on_login", "x" * 5000), ("time_zone", "Mars/North"), ("time_zone", "../../etc/passwd"), ("time_zone", "x" * 200),
    ("time_zone", "Europe/Berlin\u202e"), ("hide_calls", "maybe"), ("feed", "perhaps"), ("feed", ["1", "0"]),
    ("action_dnd", "voicemail"), ("action_available", ""), ("action_chat", ["none", "dnd"]),
]


async def test_a_bad_value_is_named_and_nothing_is_saved(world):
    await world.add_person("bob", ["1001"])
    bob = await world.client("bob")
    await save(bob, action_xa="follow-me")
    before = await preferred(bob)
    for field, value in BAD:
        result = await bob.command_step("preferences", values={"action_away": "dnd", field: value})
        assert result.status == "executing" and [kind for kind, _ in result.notes] == ["error"], (field, value, result)
        assert result.descriptions[field] in result.note, (field, value, result)
        assert result.fields["action_away"] == ["dnd"] or field == "action_away"
    assert await preferred(bob) == before
    again = await bob.command_step("preferences", session=result.session, action="complete",
                                   values={"action_away": "dnd"})
    assert again.status == "completed"
    assert (await preferred(bob))["action_away"] == "dnd"


async def test_only_the_person_has_them(world):
    await world.add_person("bob", ["1001"])
    bob, alice, eve = await world.client("bob"), await world.client("alice"), await world.client("eve", FOREIGN_DOMAIN)
    form = await bob.command_step("preferences")
    stolen = await alice.command_step("preferences", session=form.session, action="complete",
                                      values={"hide_calls": True})
    assert stolen.error == "bad-request"
    assert (await eve.command("preferences")).error == "forbidden"
    await save(alice, contact=world.user("bob"), jid=world.account("bob"), action_dnd="none")
    assert (await preferred(bob))["action_dnd"] == "status"
    assert (await preferred(alice))["action_dnd"] == "none"
    rows = world.query("SELECT contact FROM people WHERE preferences <> '{}'")
    assert rows == [(world.user("alice"),)]
    assert "preferences" not in {action for action, in world.query("SELECT action FROM audit")}


# --- what they do -------------------------------------------------------------------------------------


async def test_calls_are_hidden_from_colleagues_at_once(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    await world.event("answered")
    await alice.sees(contact, id="on-call")
    await save(bob, hide_calls=True)
    await alice.sees(contact, id="busy")
    await save(bob, hide_calls=False)
    await alice.sees(contact, id="on-call")


async def test_the_pbx_is_told_what_the_person_prefers(world):
    await world.add_person("bob", ["1001"])
    bob = await world.client("bob")
    await save(bob, action_available="follow-me", action_away="dnd", action_dnd="none", action_unavailable="dnd")
    for status, action, accepts in [("available", "follow-me", True), ("lunch-break", "dnd", False),
                                    ("dnd", "none", True), ("extended-away", "none", True),
                                    ("invisible", "dnd", False)]:
        await bob.command("set-status", status=status)
        answer = await of_extension(world)
        assert (answer["action"], answer["accepts_calls"]) == (action, accepts), (status, answer)
    await save(bob, action_dnd="status")
    await bob.command("set-status", status="dnd")
    assert (await of_extension(world))["action"] == "dnd"


async def test_today_ends_at_the_persons_midnight(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    for zone in ("Pacific/Kiritimati", "America/St_Johns"):
        await save(bob, time_zone=zone)
        await bob.command("set-status", status="lunch-break", expires="today")
        own = datetime.datetime.now(zoneinfo.ZoneInfo(zone))
        midnight = datetime.datetime.combine(own.date() + datetime.timedelta(days=1), datetime.time(),
                                             zoneinfo.ZoneInfo(zone))
        wanted = midnight.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        await alice.wait_for(f"midnight in {zone}", lambda: alice.view(contact).rich.get("until") == wanted)


async def test_what_is_changed_in_the_database_is_seen(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    await world.event("answered")
    await alice.sees(contact, id="on-call")

    def write(preferences):
        world.query("UPDATE people SET preferences = %s::jsonb WHERE contact = %s RETURNING 1", preferences,
                    world.user("bob"))

    write('{"hide_calls": true, "auto_away_minutes": 7, "on_login": "nonsense", "color": "blue"}')
    await alice.sees(contact, id="busy")
    now = await preferred(bob)
    assert (now["hide_calls"], now["auto_away_minutes"], now["on_login"]) == ("1", "7", "keep")
    for nonsense in ('[]', '3', 'null', '"hide_calls"'):
        write('{"hide_calls": "yes"}')
        await alice.sees(contact, id="busy")
        write(nonsense)
        await alice.sees(contact, id="on-call")


async def test_a_status_that_is_hidden_or_deleted_since_does_no_harm(world):
    await world.add_person("bob", ["1001"])
    admin, bob = await world.admin(), await world.client("bob")
    assert (await admin.command("add-status", name="Coffee", show="away", color="#102030")).status == "completed"
    await save(bob, on_login="coffee", on_logout="coffee")
    await admin.command("hide-status", status="coffee", hidden=True)
    assert (await preferred(bob))["on_login"] == "keep"
    await restart(world)
    assert (await preferred(bob))["on_login"] == "keep"
    await save(bob, hide_calls=True, on_logout="keep")
    await admin.command("hide-status", status="coffee", hidden=False)
    now = await preferred(bob)
    assert (now["on_login"], now["on_logout"]) == ("coffee", "keep")
    await admin.command("delete-status", status="coffee", confirm=True)
    assert (await preferred(bob))["on_login"] == "keep"
    await restart(world)
    assert (await preferred(bob))["on_login"] == "keep"
    await save(bob, hide_calls=False)


async def test_who_saves_preferences_becomes_a_person(world):
    carol = await world.client("carol")
    await save(carol, time_zone="Europe/Berlin")
    assert world.query("SELECT account, time_zone FROM people") == [(world.account("carol"), "Europe/Berlin")]


async def test_while_the_database_is_away_nothing_changes(own_world):
    await own_world.add_person("bob", ["1001"])
    bob = await own_world.client("bob")
    await save(bob, auto_away_minutes="25")
    own_world.offhook.allow_errors(".*")
    own_world.postgres.kill()
    result = await bob.command_step("preferences", values={"hide_calls": True})
    assert result.status == "executing" and result.notes[0][0] == "error", result
    assert (result.fields["auto_away_minutes"], result.fields["hide_calls"]) == (["25"], ["1"])
    assert (await preferred(bob))["hide_calls"] == "0"
    await asyncio.to_thread(own_world.postgres.start)


# --- what was chosen last ------------------------------------------------------------------------------


async def test_what_was_chosen_last_is_offered_first_after_a_restart_too(world):
    await world.add_person("bob", ["1001"])
    bob, admin = await world.client("bob"), await world.admin()
    for status in ("away", "dnd", "busy", "lunch-break", "dnd", "business-trip", "extended-away"):
        await bob.command("set-status", status=status)
    await admin.command("set-person-status", contact=world.user("bob"), status="chat")
    first = ["extended-away", "business-trip", "dnd", "lunch-break", "busy"]

    async def offered():
        return [value for value, _ in (await bob.command("set-status")).options("status")
                if value != "..."]

    values = await offered()
    assert values[:6] == [*first, "available"] and len(values) == len(set(values)) == 9
    await restart(world)
    assert await offered() == values
    assert [value for value, _ in (await admin.command("set-person-status")).options("status")][1:3] \
        == ["available", "chat"]


# --- what a person is told ----------------------------------------------------------------------------


async def test_my_status_tells_who_chose_what_and_which_calls_go_on(world):
    alice, contact = await world.watched()
    bob, admin = await world.client("bob"), await world.admin()
    await save(bob, time_zone="Asia/Tokyo")
    await admin.command("set-person-status", contact=world.user("bob"), status="business-trip")
    await bob.command("set-status", status="lunch-break", message="back <soon>", expires="23:59")
    await bob.command("set-message", message="in room 5")
    await world.event("answered", direction="outbound")
    result = await bob.command("my-status")
    fields = result.fields
    assert fields["timed_choice"][0].startswith("🍽️ Lunch Break (back <soon>) until 23:59, chosen by you (")
    assert fields["choice"][0].startswith("💼 Business Trip, chosen by an administrator (")
    assert fields["message"] == ["in room 5"] and fields["time_zone"] == ["Asia/Tokyo"]
    assert fields["rule"] == ["you chose it"] and fields["phone"] == ["not known"]
    assert len(fields["calls"]) == 1 and fields["calls"][0].startswith("hq:1001: call, outbound, active since ")
    assert fields["action"] == ["your phones ring"] and len(fields["feed"]) == 1
    await world.event("ended")
    await alice.sees(contact, id="lunch-break")
    assert "calls" not in (await bob.command("my-status")).fields
    of_alice = await alice.command("my-status", contact=world.user("bob"))
    assert "room 5" not in str(of_alice) and "Business Trip" not in str(of_alice)


@pytest.mark.parametrize("source", ["phone", "api"])
async def test_a_choice_from_elsewhere_says_so(world, source):
    await world.add_person("bob", ["1001"])
    bob = await world.client("bob")
    path, token = {"phone": ("/v1/pbx/hq/extensions/1001/status", world.offhook.token),
                   "api": (f"/v1/people/{world.user('bob')}/status", world.offhook.writer_token)}[source]
    assert (await world.request("PUT", path, {"status": "dnd"}, token=token)).status == 200
    choice, = (await bob.command("my-status")).fields["choice"]
    assert choice.startswith("⛔ Do Not Disturb, chosen " + {"phone": "on your phone", "api": "by a program"}[source])
