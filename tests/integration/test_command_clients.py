"""Every command as the clients send it: Gajim (python-nbxmpp), Converse.js and Profanity, stanza for stanza.

What each client insists on in an answer is checked as its code does; what it sends back is built from the form
that it got, as its code does. test_profanity drives the real program; the other two have no terminal.
"""

import copy
import xml.etree.ElementTree as ET

import pytest
import pytest_asyncio

from client import COMMANDS, FORM, CommandResult
from conftest import World
from test_command_matrix import ROWS, WITH_FORM, Scene, event_loop, is_refused  # noqa: F401, a fixture among them

ITEMS = "http://jabber.org/protocol/disco#items"
VALIDATE = "http://jabber.org/protocol/xdata-validate"
CLOSED = ("list-single", "list-multi")


def set_values(field, values):
    for value in field.findall(f"{{{FORM}}}value"):
        field.remove(value)
    for value in values:
        ET.SubElement(field, f"{{{FORM}}}value").text = value


def values_of(field):
    return [value.text or "" for value in field.findall(f"{{{FORM}}}value")]


def options_of(field):
    return [option.findtext(f"{{{FORM}}}value") for option in field.findall(f"{{{FORM}}}option")]


def as_list(value):
    if isinstance(value, bool):
        return ["1" if value else "0"]
    return value if isinstance(value, list) else [value]


class Dialect:
    """How a client runs commands."""

    def __init__(self, client):
        self.client = client

    async def send(self, node, session=None, action=None, form=None):
        command = ET.Element(f"{{{COMMANDS}}}command", node=node)
        if action:
            command.set("action", action)
        if session:
            command.set("sessionid", session)
        if form is not None:
            command.append(form)
        iq = self.client.make_iq_set(ito=self.client.component)
        iq.append(command)
        result = CommandResult(await self.client.ask(iq))
        if result.error is None:
            self.check(result.xml.find(f"{{{COMMANDS}}}command"), node)
        return result

    async def open(self, node):
        return await self.send(node, action="execute")

    def check(self, command, node):
        pass

    def choose(self, field, wanted):
        """A list takes only what it offers, unless it says that it is open."""
        if field.get("type") in CLOSED and field.find(f"{{{VALIDATE}}}validate/{{{VALIDATE}}}open") is None:
            assert set(wanted) <= set(options_of(field)), (field.get("var"), wanted)
        return wanted

    async def complete(self, node, first, values):
        form = self.filled(first, values)
        assert values.keys() <= {field.get("var") for field in form.iter(f"{{{FORM}}}field")}
        return await self.send(node, first.session, self.last_action, form)

    async def cancel(self, node, first):
        return await self.send(node, first.session, "cancel")


class Gajim(Dialect):
    """nbxmpp/modules/adhoc.py; the form goes back whole, with labels and options, as type submit."""

    last_action = "complete"

    def check(self, command, node):
        assert command.get("node") == node
        assert command.get("status") in ("executing", "completed", "canceled")
        assert command.get("sessionid") or command.get("status") == "completed"
        for note in command.findall(f"{{{COMMANDS}}}note"):
            assert note.get("type", "info") in ("info", "warn", "error")
        if command.get("status") != "executing":
            return
        actions = command.find(f"{{{COMMANDS}}}actions")
        names = {child.tag.split("}")[1] for child in actions}
        assert actions.get("execute", "next") in names and names <= {"prev", "next", "complete"}

    def filled(self, first, values):
        form = copy.deepcopy(first.form)
        form.set("type", "submit")
        for field in form.iter(f"{{{FORM}}}field"):
            if field.get("type") == "boolean":
                assert values_of(field) in ([], ["0"], ["1"], ["false"], ["true"])
            if field.get("var") in values:
                set_values(field, self.choose(field, as_list(values[field.get("var")])))
        return form


class Converse(Dialect):
    """src/headless/plugins/adhoc; every input has a value, and the browser chooses the first of a list."""

    last_action = "complete"

    def filled(self, first, values):
        form = ET.Element(f"{{{FORM}}}x", type="submit")
        for field in first.form.findall(f"{{{FORM}}}field"):
            kind, name = field.get("type"), field.get("var")
            if kind == "fixed":
                continue
            wanted = self.choose(field, as_list(values[name])) if name in values else values_of(field)
            if kind == "list-single" and not wanted:
                wanted = options_of(field)[:1]
            elif kind == "boolean":
                wanted = ["1" if wanted in (["1"], ["true"]) else "0"]
            elif kind in ("text-single", "hidden"):
                wanted = wanted[:1] or [""]
            set_values(ET.SubElement(form, f"{{{FORM}}}field", var=name), wanted)
        return form

    async def open(self, node):
        first = await super().open(node)
        if first.status == "executing":
            assert first.session and set(first.actions) <= {"execute", "prev", "next", "complete"}
        return first


class Profanity(Dialect):
    """src/xmpp/iq.c, form.c; submits without an action, and every single field has a value, an empty one if need
    be. An option without a value ends it, and it reads nothing of a list in which nothing is chosen."""

    last_action = None

    def filled(self, first, values):
        assert first.form.get("type") == "form"
        form = ET.Element(f"{{{FORM}}}x", type="submit")
        for field in first.form.findall(f"{{{FORM}}}field"):
            kind, name = field.get("type"), field.get("var")
            if kind == "fixed":
                continue
            assert all(options_of(field)) and (kind != "list-single" or any(values_of(field)))
            wanted = as_list(values[name]) if name in values else values_of(field)
            if kind not in ("text-multi", "list-multi"):
                wanted = wanted[:1] or [""]
            set_values(ET.SubElement(form, f"{{{FORM}}}field", var=name), wanted)
        return form


DIALECTS = {"gajim": Gajim, "converse": Converse, "profanity": Profanity}


@pytest_asyncio.fixture(scope="module", params=list(DIALECTS))
async def scene(request, workshop, xmpp, postgres):
    world = World(workshop.directory, xmpp, postgres)
    try:
        scene = await Scene(world).begin()
        scene.dialect = DIALECTS[request.param]
        yield scene
    finally:
        await world.close()


@pytest.mark.parametrize("node", ROWS)
async def test_it_is_run(scene, node):
    row = ROWS[node]
    client = scene.dialect(scene.who(node))
    items = await client.client.query("get", client.client.component, f"<query xmlns='{ITEMS}' node='{COMMANDS}'/>")
    (item,) = [item for item in items.iter(f"{{{ITEMS}}}item") if item.get("node") == node]
    assert set(item.keys()) == {"jid", "node", "name"} and item.get("jid") == client.client.component
    more = await row.before(scene) if row.before else None
    result = await client.open(node)
    if result.status == "executing":
        result = await client.complete(node, result, dict(scene.fit(row.good), **(more or {})))
    assert (result.status, result.error) == ("completed", None), result
    await row.proof(scene, result)


@pytest.mark.parametrize("node", WITH_FORM)
async def test_it_is_corrected_or_cancelled(scene, node):
    client = scene.dialect(scene.who(node))
    first = await client.open(node)
    if first.status == "completed":  # nothing to ask just now
        return
    field, values = ROWS[node].bad[0]
    client.choose = lambda field, wanted: wanted  # as somebody may who edits the page
    for _ in range(2):
        first = await client.complete(node, first, scene.fit(values))
        assert is_refused(first, field), first
    ended = await client.cancel(node, first)
    assert ended.status == "canceled", ended


async def test_the_defaults_alone_are_never_an_accident(scene):
    """Opened and completed as it is, no form deletes, sets or removes anything."""
    await scene.run("add-admin", scene.fit({"jid": "{dave}@{domain}"}))
    await scene.run("add-status", {"name": "Coffee"})
    before = await scene.truth()
    for node in ("edit-status", "delete-status", "hide-status", "edit-person", "delete-person", "set-person-status",
                 "remove-admin"):
        client = scene.dialect(scene.admin)
        result = await client.complete(node, await client.open(node), {})
        assert result.status == "executing" and result.notes[0][0] == "error", (node, result)
    assert await scene.truth() == before
