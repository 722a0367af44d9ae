"""Every ad-hoc command with good, bad and hostile input: the proof that none was forgotten.

Each command is one row below; the last test fails for a command that has none. What is hostile follows from the
command's own form. What single commands do in depth is in test_commands, test_catalogue and test_administration.
"""

import asyncio
import dataclasses
import typing

import pytest
import pytest_asyncio

from client import COMMANDS, FORM, CommandResult
from conftest import World
from servers import FOREIGN_DOMAIN
from test_commands import condition, is_refused, offered

# What commands change, but for the choices and messages of people, which are written a moment after the answer.
TABLES = ("policies", "statuses", "people", "extensions", "admins", "audit")


class Scene:
    """One world for all tests of this module: bob with a phone, alice who watches him, an administrator."""

    def __init__(self, world):
        self.world = world

    async def begin(self):
        world = self.world
        await asyncio.to_thread(world.start)
        self.alice, self.contact = await world.watched()
        self.admin = await world.admin()
        self.other_admin = await world.client("admin", resource="other", available=False)
        self.bob = await world.client("bob", available=False)
        self.mobile = await world.client("bob", resource="mobile", available=False)
        self.eve = await world.client("eve", FOREIGN_DOMAIN, available=False)
        self.port = world.offhook.stream_port()
        assert (await self.run("add-status", {"name": "Tea"})).status == "completed"
        return self

    def who(self, node):
        return self.admin if ROWS[node].admin else self.bob

    def another(self, node):
        """The same person's other device."""
        return self.other_admin if ROWS[node].admin else self.mobile

    def run(self, node, values=None, client=None, **more):
        return (client or self.who(node)).command_step(node, values=values, **more)

    def fit(self, value):
        """The values with this world's names in them: {bob} is bob7."""
        if isinstance(value, dict):
            return {key: self.fit(single) for key, single in value.items()}
        if isinstance(value, list):
            return [self.fit(single) for single in value]
        return value.format_map(Names(self.world)) if isinstance(value, str) else value

    async def truth(self):
        """All that a command could have changed."""
        rows = self.world.query(" UNION ALL ".join(
            f"SELECT '{table}', md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t" for table in TABLES))
        mine = (await self.run("my-status", client=self.bob)).fields
        return rows, {name: mine[name] for name in mine if name not in ("since", "until", "feed")}

    async def catalogue(self):
        return {row["id"]: row for row in (await self.run("list-statuses", client=self.admin)).rows}

    async def people(self, part):
        part = self.fit(part)
        return [row for row in (await self.run("list-people", {"filter": part})).rows if row["contact"] == part]

    async def call_ids(self):
        return [row["id"] for row in (await self.run("active-calls", {"page": "1"})).rows]


class Names(dict):
    def __init__(self, world):
        super().__init__(domain=world.xmpp.domain)
        self.world = world

    def __missing__(self, name):
        return self.world.user(name)


# --- what the good ones need before, and what is true after ------------------------------------------


async def a_choice(scene):
    await scene.run("set-status", {"status": "away"})


async def a_status_to_delete(scene):
    await scene.run("add-status", {"name": "Gone"})


async def a_person_to_delete(scene):
    await scene.run("add-person", scene.fit({"contact": "{gone}"}))


async def an_admin_to_remove(scene):
    await scene.run("add-admin", scene.fit({"jid": "{dave}@{domain}"}))


async def a_call(scene):
    await scene.world.event("answered", "7777", "stuck")
    return {"end": await scene.call_ids()}


async def is_shown(scene, result, **wanted):
    await scene.alice.sees(scene.contact, **wanted)
    await scene.run("clear-status")
    await scene.run("set-message", {"message": ""})
    await scene.alice.sees(scene.contact, id="available", message=None)


async def is_dnd(scene, result):
    await is_shown(scene, result, id="dnd", message="on a deadline")


async def is_busy(scene, result):
    await is_shown(scene, result, id="busy")


async def is_available(scene, result):
    await scene.alice.sees(scene.contact, id="available")


async def has_message(scene, result):
    await is_shown(scene, result, message="at home")


async def says_the_rule(scene, result):
    assert result.fields["status"] == ["available"] and result.fields["rule"]


async def has_rows(scene, result):
    assert result.rows and all(row.keys() == result.rows[0].keys() for row in result.rows)


async def is_added(scene, result):
    assert (await scene.catalogue())["siesta"]["icon"] == "😴"


async def is_edited(scene, result):
    assert (await scene.catalogue())["tea"]["text"] == "with milk"


async def is_deleted(scene, result):
    assert "gone" not in await scene.catalogue()


async def is_ordered(scene, result):
    assert list(await scene.catalogue())[:2] == ["dnd", "away"]


async def is_hidden(scene, result):
    assert (await scene.catalogue())["lunch-break"]["enabled"] == "0"
    assert "lunch-break" not in {row["id"] for row in (await scene.run("list-statuses")).rows}
    await scene.run("hide-status", {"status": "lunch-break", "hidden": False})


async def has_dora(scene, result):
    (row,) = await scene.people("{dora}")
    assert (row["name"], row["extensions"]) == ("Dora", "hq:3001\nhq:3002")


async def is_robert(scene, result):
    (row,) = await scene.people("{bob}")
    assert (row["name"], row["extensions"]) == ("Robert", "hq:1001")


async def is_nobody(scene, result):
    assert await scene.people("{gone}") == []


async def has_no_calls(scene, result):
    assert await scene.call_ids() == []


async def is_preferred(scene, result):
    form = await scene.run("preferences", client=scene.bob)
    assert (form.fields["auto_away_minutes"], form.fields["on_logout"]) == (["7"], ["business-trip"])


async def is_imported(scene, result):
    (row,) = await scene.people("{zoe}")
    assert (row["name"], row["extensions"]) == ("Zoë", "hq:3003")


async def is_policy(scene, result):
    assert (await scene.run("policy")).fields["auto_away_minutes"] == ["20"]


async def has_admin(scene, result):
    assert scene.world.query("SELECT jid FROM admins WHERE jid = %s", scene.fit("{carol}@{domain}"))


async def has_no_admin(scene, result):
    assert not scene.world.query("SELECT jid FROM admins WHERE jid = %s", scene.fit("{dave}@{domain}"))


# --- the table ---------------------------------------------------------------------------------------


@dataclasses.dataclass
class Row:
    proof: typing.Callable  # what is true afterwards
    good: typing.Optional[dict] = None  # None: the command has no form
    bad: tuple = ()  # (the field that is refused, values)
    before: typing.Optional[typing.Callable] = None  # makes what is needed; may return more values
    admin: bool = False


def by_admin(*arguments, **keywords):
    return Row(*arguments, admin=True, **keywords)


ROWS = {
    "set-status": Row(is_dnd, {"status": "dnd", "message": "on a deadline", "expires": "1h"}, (
        ("status", {"status": "on-call"}), ("expires", {"status": "dnd", "expires": "soon"}))),
    "clear-status": Row(is_available, before=a_choice),
    "set-message": Row(has_message, {"message": "at home", "expires": "today"}, (
        ("message", {"message": "x" * 141}), ("expires", {"message": "x", "expires": "25:00"}))),
    "preferences": Row(is_preferred, {"auto_away_minutes": "7", "on_logout": "business-trip"}, (
        ("auto_away_minutes", {"auto_away_minutes": "0"}), ("on_login", {"on_login": "on-call"}),
        ("time_zone", {"time_zone": "Mars/North"}), ("action_dnd", {"action_dnd": "ring"}))),
    "my-status": Row(says_the_rule),
    "list-statuses": Row(has_rows, {"page": "1"}, (("page", {"page": "2"}), ("page", {"page": "one"}))),
    "add-status": by_admin(is_added, {"name": "Siesta", "icon": "😴", "show": "away"}, (
        ("name", {"name": "lunch BREAK"}), ("icon", {"name": "New", "icon": "ab"}),
        ("color", {"name": "New", "color": "red"}))),
    "edit-status": by_admin(is_edited, {"status": "tea", "text": "with milk"}, (
        ("status", {"status": "nothing", "text": "x"}), ("text", {"status": "tea", "text": "x" * 81}),
        ("name", {"status": "tea", "name": "On Call"}))),
    "delete-status": by_admin(is_deleted, {"status": "gone", "confirm": True}, (
        ("status", {"status": "available", "confirm": True}), ("confirm", {"status": "tea", "confirm": False}),
        ("confirm", {"status": "tea"})), before=a_status_to_delete),
    "order-statuses": by_admin(is_ordered, {"order": ["dnd", "away"]}, (
        ("order", {"order": ["dnd", "nothing"]}), ("order", {"order": ["dnd", "dnd"]}))),
    "hide-status": by_admin(is_hidden, {"status": "lunch-break", "hidden": True}, (
        ("status", {"status": "available", "hidden": True}),
        ("hidden", {"status": "lunch-break", "hidden": "perhaps"}))),
    "list-people": by_admin(has_rows, {"filter": "{bob}"}, (("page", {"page": "0"}), ("filter", {"filter": "x" * 65}))),
    "add-person": by_admin(has_dora, {"contact": "{dora}", "name": "Dora", "extensions": ["hq:3001", "hq:3002"]}, (
        ("contact", {"contact": "{bob}"}), ("extensions", {"contact": "{new}", "extensions": ["hq:1001"]}),
        ("jid", {"contact": "{new}", "jid": f"{{new}}@{FOREIGN_DOMAIN}"}),
        ("time_zone", {"contact": "{new}", "time_zone": "Mars/North"}))),
    "edit-person": by_admin(is_robert, {"contact": "{bob}", "name": "Robert"}, (
        ("contact", {"contact": "nobody"}), ("extensions", {"contact": "{bob}", "extensions": ["1001"]}))),
    "delete-person": by_admin(is_nobody, {"contact": "{gone}", "confirm": True}, (
        ("contact", {"contact": "nobody", "confirm": True}), ("confirm", {"contact": "{bob}"})),
        before=a_person_to_delete),
    "import-people": by_admin(is_imported, {"csv": ["contact,name,extensions", "{zoe},Zoë,hq:3003"]}, (
        ("csv", {"csv": ["contact,extensions", "{zoe},hq:1001"]}), ("csv", {"csv": ["name", "Zoë"]}),
        ("csv", {"csv": ["contact", '"']}))),
    "set-person-status": by_admin(is_busy, {"contact": "{bob}", "status": "busy"}, (
        ("contact", {"contact": "nobody", "status": "busy"}), ("status", {"contact": "{bob}", "status": "offline"}))),
    "active-calls": by_admin(has_no_calls, {}, (("end", {"end": ["0123456789abcdef"]}), ("page", {"page": "-1"})),
                             before=a_call),
    "policy": by_admin(is_policy, {"auto_away_minutes": "20"}, (
        ("auto_away_minutes", {"auto_away_minutes": "0"}), ("time_zone", {"time_zone": "Mars/North"}))),
    "add-admin": by_admin(has_admin, {"jid": "{carol}@{domain}"}, (
        ("jid", {"jid": f"eve@{FOREIGN_DOMAIN}"}), ("jid", {"jid": "{admin}@{domain}"}))),
    "remove-admin": by_admin(has_no_admin, {"jid": "{dave}@{domain}"}, (("jid", {"jid": "{admin}@{domain}"}),),
                             before=an_admin_to_remove),
    "audit": by_admin(has_rows, {"page": "1"}, (("page", {"page": "0"}),)),
}
WITH_FORM = [node for node, row in ROWS.items() if row.good is not None]
UNKNOWN_FIELD = {"no such field": ["<&>", "two"]}


@pytest.fixture(scope="module")
def event_loop():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    loop.close()


@pytest_asyncio.fixture(scope="module")
async def scene(workshop, xmpp, postgres):
    world = World(workshop.directory, xmpp, postgres)
    try:
        yield await Scene(world).begin()
    finally:
        await world.close()


@pytest_asyncio.fixture
async def unharmed(scene):
    """Afterwards nothing has changed, and the component stream is the one that it was."""
    before = await scene.truth()
    yield scene
    assert await scene.truth() == before
    await scene.alice.settle()
    assert scene.world.offhook.stream_port() == scene.port, "the component stream was closed"


async def opened(scene, node, client=None):
    """A session that waits for its form; None where the command has nothing to ask just now."""
    first = await scene.run(node, client=client)
    assert first.error is None, first
    return first if first.status == "executing" else None


# --- good --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("node", ROWS)
async def test_good(scene, node):
    row = ROWS[node]
    more = await row.before(scene) if row.before else None
    values = None if row.good is None else dict(scene.fit(row.good), **(more or {}), **UNKNOWN_FIELD)
    result = await scene.run(node, values)
    assert (result.status, result.error) == ("completed", None), result
    assert all(kind == "info" for kind, _ in result.notes)
    await row.proof(scene, result)


# --- bad ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("node", WITH_FORM)
async def test_bad(unharmed, node):
    assert ROWS[node].bad
    for field, values in ROWS[node].bad:
        result = await unharmed.run(node, unharmed.fit(values))
        assert is_refused(result, field), (values, result)
        assert result.note in result.form.findtext(f"{{{FORM}}}instructions")
        assert result.field(field).get("type") != "boolean" or result.fields[field] in ([], ["0"], ["1"])
        again = await unharmed.run(node, unharmed.fit(values), session=result.session, action="complete")
        assert is_refused(again, field) and again.session == result.session, (values, again)


# --- hostile -----------------------------------------------------------------------------------------


def filled(scene, node):
    row = ROWS[node]
    return None if row.good is None else scene.fit(row.bad[0][1])


@pytest.mark.parametrize("node", ROWS)
async def test_who_may_not_is_forbidden(unharmed, node):
    scene = unharmed
    values = filled(scene, node)
    for client in [scene.eve] + ([scene.bob] if ROWS[node].admin else []):
        for action in ("execute", "complete", "cancel"):
            assert (await scene.run(node, client=client, action=action)).error == "forbidden"
            result = await scene.run(node, values, client, action=action, session="invented")
            assert result.error == "forbidden", (client, action, result)


@pytest.mark.parametrize("node", ROWS)
async def test_a_session_of_others_or_of_another_command_is_bad(unharmed, node):
    scene = unharmed
    elsewhere = "set-status" if node != "set-status" else "set-message"
    mine, foreign = await opened(scene, node), await opened(scene, elsewhere)
    spoofed = [(scene.who(node), "invented"), (scene.who(node), foreign.session)]
    if mine:
        spoofed.append((scene.another(node), mine.session))
    for client, session in spoofed:
        for action in ("execute", "complete", "cancel"):
            result = await scene.run(node, filled(scene, node), client, session=session, action=action)
            assert (result.error, condition(result)) == ("bad-request", "bad-sessionid"), (session, result)


@pytest.mark.parametrize("node", WITH_FORM)
async def test_a_session_ends_once(unharmed, node):
    scene = unharmed
    for last in ("cancel", "x cancel"):
        first = await opened(scene, node)
        if not first:
            return
        if last == "cancel":
            ended = await scene.run(node, session=first.session, action="cancel")
        else:
            ended = await raw(scene, node, f"sessionid='{first.session}'", f"<x xmlns='{FORM}' type='cancel'/>")
        assert ended.status == "canceled", ended
        late = await scene.run(node, filled(scene, node), session=first.session, action="complete")
        assert condition(late) == "bad-sessionid", late


REPEATABLE = {"set-message": {"message": ""}, "list-statuses": {"page": "1"}, "list-people": {"page": "1"},
              "active-calls": {"page": "1"}, "audit": {"page": "1"}}


@pytest.mark.parametrize("node", WITH_FORM)
async def test_a_replayed_form_is_refused(scene, node):
    """The good values again, in the session that they completed."""
    row = ROWS[node]
    if node not in REPEATABLE and row.before:
        await row.before(scene)
    first = await opened(scene, node)
    if not first:
        return
    values = REPEATABLE.get(node) or scene.fit(row.good)
    done = await scene.run(node, values, session=first.session, action="complete")
    if done.status == "executing":  # added by the good test already: refused, and the session goes on
        done = await scene.run(node, session=done.session, action="cancel")
    truth = await scene.truth()
    replayed = await scene.run(node, values, session=first.session, action="complete")
    assert (replayed.error, condition(replayed)) == ("bad-request", "bad-sessionid"), replayed
    assert await scene.truth() == truth
    await scene.run("clear-status")


async def raw(scene, node, attributes, payload=""):
    client = scene.who(node)
    iq = client.make_iq_set(ito=client.component)
    return CommandResult(await client.ask_raw(
        iq["id"], f"<iq type='set' id='{iq['id']}' to='{client.component}'>"
        f"<command xmlns='{COMMANDS}' node='{node}' {attributes}>{payload}</command></iq>"))


@pytest.mark.parametrize("node", ROWS)
async def test_an_action_that_makes_no_sense_is_refused(unharmed, node):
    result = await unharmed.run(node, filled(unharmed, node), action="nonsense")
    assert (result.error, condition(result)) == ("bad-request", "malformed-action"), result
    assert (await unharmed.run(node, action="next")).error == "bad-request"


@pytest.mark.parametrize("node", WITH_FORM)
async def test_what_is_not_its_form_is_refused(unharmed, node):
    scene = unharmed
    first = await opened(scene, node)
    attributes = f"action='complete' sessionid='{first.session}'" if first else ""
    other = "urn:offhook:1:" + ("policy" if node != "policy" else "set-status")
    forms = ["<x xmlns='jabber:x:data' type='result'/>", "<x xmlns='jabber:x:data'/>",
             "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>"
             f"<value>{other}</value></field></x>"] + ([""] if first else [])
    for form in forms:
        result = await raw(scene, node, attributes, form)
        assert (result.error, condition(result)) == ("bad-request", "bad-payload"), (form, result)


@pytest.mark.parametrize("node", WITH_FORM)
async def test_no_field_takes_what_is_too_many_too_long_or_not_text(unharmed, node):
    scene = unharmed
    form = (await scene.run(node, scene.fit(ROWS[node].bad[0][1])))
    for name in [name for name in form.fields if name != "FORM_TYPE"]:
        several = form.field(name).get("type") in ("text-multi", "list-multi")
        values = ["x" * 100_000, "a\u0085b", "a\u202eb", "a\u2066b"]
        for value in values + [["x"] * 1010 if several else ["1", "1"]]:
            result = await scene.run(node, {name: value})
            assert is_refused(result, name), (name, str(value)[:40], result.status, result.notes)


# --- the proof ---------------------------------------------------------------------------------------


async def test_every_command_has_a_row(scene):
    assert await offered(scene.admin) == set(ROWS)
    assert await offered(scene.bob) == {node for node, row in ROWS.items() if not row.admin}
