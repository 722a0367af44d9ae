"""Chat lines: what people write to the component and to contact addresses, and what comes back."""

import datetime
import xml.sax.saxutils
import zoneinfo

import pytest

from client import CLIENT, STANZAS
from servers import FOREIGN_DOMAIN

pytestmark = pytest.mark.any_server

ENCRYPTION = "<encryption xmlns='urn:xmpp:eme:0' namespace='eu.siacs.conversations.axolotl' name='OMEMO'/>"
DELAY = "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>"


def body(message):
    return message.xml.findtext(f"{{{CLIENT}}}body", default="")


def condition(message):
    return next((child.tag.split("}")[1] for child in message.xml.iter() if child.tag.startswith(f"{{{STANZAS}}}")), None)


def send(client, text, to=None, kind="chat", more=""):
    kind = f" type='{kind}'" if kind else ""
    client.send_raw(f"<message to='{to or client.component}'{kind}>"
                    f"<body>{xml.sax.saxutils.escape(text)}</body>{more}</message>")


async def answer(client, text, to=None, kind="chat", more=""):
    """Writes a line and returns the message that answers it."""
    before = len(client.messages)
    send(client, text, to, kind, more)
    await client.wait_for(f"the answer to {text!r}", lambda: len(client.messages) > before)
    return client.messages[before]


async def writes(client, text, to=None):
    return body(await answer(client, text, to))


async def silence(client, before):
    await client.settle()
    assert client.messages[before:] == []


async def test_a_status_is_set_shown_and_cleared(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    said = await writes(bob, "lunch 30m back soon")
    assert said.startswith("You are shown as 🍽️ Lunch Break (back soon) until "), said
    seen = await alice.sees(contact, id="lunch-break", message="back soon")
    assert seen.rich["until"]
    told = (await writes(bob, "status")).split("\n")
    assert told[0] == said and told[1].startswith("Your choice for a while: 🍽️ Lunch Break (back soon) until ")
    assert await writes(bob, "clear") == "You are shown as ✅ Available."
    await alice.sees(contact, id="available")
    assert "(working from home)" in await writes(bob, "msg working from home")
    await alice.sees(contact, id="available", message="working from home")
    assert "cleared" in await writes(bob, "msg")
    await alice.sees(contact, status="✅ Available")
    assert "🍽️ Lunch Break" in await writes(bob, "list")
    assert "who 1001" in await writes(bob, "help")


async def test_an_answer_comes_from_where_it_was_asked_in_the_same_type_and_thread(world):
    contact = await world.add_person("bob")
    bob = await world.client("bob")
    reply = await answer(bob, "dnd", contact, more="<thread>a&lt;b</thread>")
    assert (str(reply["from"]), reply.xml.get("type"), reply["thread"]) == (contact, "chat", "a<b")
    reply = await answer(bob, "clear", kind=None)
    assert (str(reply["from"]), reply.xml.get("type", "normal")) == (bob.component, "normal")
    assert body(reply) == "You are shown as ✅ Available."


async def test_clock_times_are_in_the_persons_zone(world):
    name = world.user("bob")
    await world.add_person("bob")
    result = await (await world.admin()).command("edit-person", contact=name, time_zone="Asia/Tokyo")
    assert result.status == "completed", result
    alice, bob = await world.client("alice"), await world.client("bob")
    await alice.watch(world.contact("bob"))
    zone = zoneinfo.ZoneInfo("Asia/Tokyo")
    goal = datetime.datetime.now(zone) + datetime.timedelta(hours=3)
    said = await writes(bob, f"dnd until {goal:%H:%M} on a deadline")
    assert said.endswith(f"{goal:%H:%M}."), said
    seen = await alice.sees(world.contact("bob"), id="dnd", message="on a deadline")
    until = datetime.datetime.fromisoformat(seen.rich["until"].replace("Z", "+00:00")).astimezone(zone)
    assert until == goal.replace(second=0, microsecond=0)


async def test_what_is_not_understood_is_answered_and_changes_nothing(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    assert (await writes(bob, "siesta")).startswith("There is no status “siesta”.")
    assert "🔴 Busy or 💼 Business Trip" in await writes(bob, "b")
    assert "“25:00” is no time" in await writes(bob, "dnd until 25:00")
    assert "must lie in the future" in await writes(bob, "dnd until 2020-01-01")
    assert "141 characters" in await writes(bob, "busy: " + "ü" * 141)
    assert "takes no expiry" in await writes(bob, "available 1h")
    assert "too long" in await writes(bob, "x" * 3000)
    assert "no status" in await writes(bob, "on-call")
    await alice.settle()
    assert [seen.id for seen in alice.history(contact)] == ["available"]


async def test_invisible_looks_as_offline_to_who_asks(world):
    contact = await world.add_person("bob", ["1001"])
    await world.add_person("dora", account=False)
    alice, bob = await world.client("alice"), await world.client("bob")
    name = world.user("bob")
    assert await writes(alice, f"who {name}") == f"Bob ({name}) is shown as ✅ Available."
    await world.event("answered")
    assert await writes(alice, "who 1001") == f"Bob ({name}) is shown as 📞 On Call."
    assert "you are invisible" in await writes(bob, "invisible: secret words")
    await writes(bob, "msg another secret")
    offline = await writes(alice, f"who {world.user('dora')}")
    for whom in (name, "1001", "hq:1001", world.account("bob"), contact):
        hidden = await writes(alice, f"who {whom}")
        assert hidden.replace("Bob", "Dora").replace("bob", "dora") == offline, hidden
    assert "nobody" in await writes(alice, "who nobody-at-all")


async def test_an_account_becomes_a_person_by_its_first_line(world):
    carol, alice = await world.client("carol"), await world.client("alice")
    await alice.watch(world.contact("carol"))
    said = await writes(carol, "lunch")
    assert said == "You are shown as 🍽️ Lunch Break."
    await alice.sees(world.contact("carol"), id="lunch-break")
    await (await world.admin()).command("policy", auto_people=False)
    dave = await world.client("dave")
    assert "ask an administrator" in await writes(dave, "lunch")
    assert "Lunch Break" in await writes(dave, "list")


async def test_a_colleagues_address_says_once_a_day_where_to_write(world):
    contact, desk = await world.add_person("bob"), await world.add_person("desk", account=False)
    alice = await world.client("alice")
    error = await answer(alice, "hello bob", contact)
    assert (error.xml.get("type"), condition(error)) == ("error", "redirect")
    assert error.xml.findtext(f".//{{{STANZAS}}}redirect") == f"xmpp:{world.account('bob')}"
    before = len(alice.messages)
    send(alice, "hello again", contact)
    send(alice, "and again", contact + "/offhook")
    await silence(alice, before)
    assert condition(await answer(alice, "hello desk", desk)) == "service-unavailable"
    assert condition(await answer(alice, "hello?", f"nobody@{alice.component}")) == "service-unavailable"
    carol = await world.client("carol")
    assert condition(await answer(carol, "hello bob", contact)) == "redirect"


async def test_strangers_get_an_error_and_learn_nothing(world):
    contact = await world.add_person("bob")
    eve = await world.client("eve", FOREIGN_DOMAIN)
    assert condition(await answer(eve, "who bob", eve.component)) == "forbidden"
    known = await answer(eve, "hello", contact)
    unknown = await answer(eve, "hello", f"nobody@{eve.component}")
    assert condition(known) == condition(unknown) == "service-unavailable"
    assert world.account("bob") not in str(known)


async def test_what_waits_for_no_answer_gets_none(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    before = len(bob.messages)
    for kind in ("error", "headline", "groupchat"):
        send(bob, "lunch", kind=kind)
    send(bob, "lunch", more=DELAY)
    for children in ("<active xmlns='http://jabber.org/protocol/chatstates'/>", "<subject>lunch</subject>", "<body/>"):
        bob.send_raw(f"<message to='{bob.component}' type='chat'>{children}</message>")
    await silence(bob, before)
    assert "cannot read encrypted" in body(await answer(bob, "lunch", more=ENCRYPTION))
    await alice.settle()
    assert alice.view(contact).id == "available"


async def test_hostile_lines_are_answered_and_the_stream_stays(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    port = world.offhook.stream_port()
    for text in ("<&>\"' ]]>", "\u202e\u0085\u2028", "until until until", ":" * 900, "a " * 900, "👨‍👩‍👧‍👦" * 80,
                 "who " + "x" * 1900, "who @", "who a@b@c", "who hq:", "dnd until 99999999999999999999", "lunch 9999999w",
                 "%s%n%s", "set set set set", "ßẞıİ"):
        assert await writes(bob, text), text
    said = await writes(bob, "busy: <&>\"' ]]> 🧑\u200d🚀\nnext\tline\u202e")
    assert said == "You are shown as 🔴 Busy (<&>\"' ]]> 🧑\u200d🚀 next line).", said
    await alice.sees(contact, id="busy", message="<&>\"' ]]> 🧑\u200d🚀 next line")
    assert world.offhook.stream_port() == port


async def test_twenty_lines_a_minute_are_answered_and_the_rest_is_not_read(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    for number in range(300):
        send(bob, f"msg number {number}")
    await bob.settle()
    answers = [body(message) for message in bob.messages]
    assert answers[19] == "Your message is set. You are shown as ✅ Available (number 19).", answers
    assert "too much for me within a minute" in answers[20]
    assert len(answers) == 21, answers
    await alice.sees(contact, message="number 19")
    assert "Lunch Break" in await writes(alice, "list")
