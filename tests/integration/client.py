"""A chat client for tests: logs in, watches contacts, runs commands, and waits for what it wants to see.

Everything that waits does so on events, with a bound; nothing sleeps. settle() is the barrier for "and
nothing else happened": a ping that travels the same way as presence and comes back behind it.
"""

import asyncio
import os
import time
import xml.etree.ElementTree as ET

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatcherId, MatchXPath

OFFHOOK = "urn:offhook:1"
COMMANDS = "http://jabber.org/protocol/commands"
FORM = "jabber:x:data"
CLIENT = "jabber:client"
PING = "urn:xmpp:ping"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
PATIENCE = 10

# slixmpp reads the system's certificates for every client; these servers speak no TLS.
os.environ["SSL_CERT_FILE"] = os.devnull


class Seen:
    """One presence stanza, as received."""

    def __init__(self, xml):
        self.at = time.perf_counter()
        self.xml = xml
        self.sender = xml.get("from", "")
        self.contact = self.sender.split("/")[0]
        self.type = xml.get("type", "available")
        self.show = xml.findtext(f"{{{CLIENT}}}show", default="")
        self.status = xml.findtext(f"{{{CLIENT}}}status", default="")
        rich = xml.find(f"{{{OFFHOOK}}}rich-status")
        self.rich = dict(rich.attrib) if rich is not None else {}
        self.name = rich.findtext(f"{{{OFFHOOK}}}name") if rich is not None else None
        self.message = rich.findtext(f"{{{OFFHOOK}}}message") if rich is not None else None
        self.id = self.rich.get("id")
        error = xml.find(f"{{{CLIENT}}}error")
        self.error = None
        if error is not None:
            self.error = next((child.tag.split("}")[1] for child in error if STANZAS in child.tag), "error")

    def __repr__(self):
        return f"<{self.type} {self.contact} show={self.show!r} status={self.status!r} id={self.id}>"


class CommandResult:
    """The answer to one step of an ad-hoc command."""

    def __init__(self, xml):
        self.xml = xml
        error = xml.find(f"{{{CLIENT}}}error")
        self.error = None
        if xml.get("type") == "error":
            self.error = "error"
            if error is not None:
                self.error = next((child.tag.split("}")[1] for child in error if STANZAS in child.tag), "error")
        command = xml.find(f"{{{COMMANDS}}}command")
        self.status = command.get("status") if command is not None else None
        self.session = command.get("sessionid") if command is not None else None
        self.actions = []
        self.notes = []
        self.form = None
        if command is not None:
            actions = command.find(f"{{{COMMANDS}}}actions")
            if actions is not None:
                self.actions = [child.tag.split("}")[1] for child in actions]
            self.notes = [(note.get("type", "info"), note.text or "") for note in command.findall(f"{{{COMMANDS}}}note")]
            self.form = command.find(f"{{{FORM}}}x")

    def _fields(self):
        return self.form.findall(f"{{{FORM}}}field") if self.form is not None else []

    @property
    def fields(self):
        """Every field's values, by name."""
        return {field.get("var"): [value.text or "" for value in field.findall(f"{{{FORM}}}value")]
                for field in self._fields() if field.get("var")}

    def field(self, name):
        return next((field for field in self._fields() if field.get("var") == name), None)

    def options(self, name):
        """(value, label) of each option of a list field."""
        return [(option.findtext(f"{{{FORM}}}value"), option.get("label"))
                for option in self.field(name).findall(f"{{{FORM}}}option")]

    @property
    def descriptions(self):
        """What stands at single fields; on a form that came back, what is wrong with them."""
        return {field.get("var"): field.findtext(f"{{{FORM}}}desc") for field in self._fields()
                if field.find(f"{{{FORM}}}desc") is not None}

    @property
    def rows(self):
        """A result table as a list of dictionaries."""
        if self.form is None:
            return []
        return [{field.get("var"): "\n".join(value.text or "" for value in field.findall(f"{{{FORM}}}value"))
                 for field in item.findall(f"{{{FORM}}}field")} for item in self.form.findall(f"{{{FORM}}}item")]

    @property
    def note(self):
        return " ".join(text for _, text in self.notes)

    def __repr__(self):
        return f"<command {self.status} error={self.error} notes={self.notes} fields={self.fields}>"


class Client(slixmpp.ClientXMPP):
    def __init__(self, server, user, domain=None, resource="desk"):
        domain = domain or server.domain
        super().__init__(f"{user}@{domain}/{resource}", user, sasl_mech="PLAIN")
        self["feature_mechanisms"].unencrypted_plain = True
        self.host = server
        self.user = user
        self.bare = f"{user}@{domain}"
        self.component = server.component
        self.seen = []
        self.messages = []
        self._news = asyncio.Event()
        self.auto_authorize = None
        self.auto_subscribe = False
        self.register_handler(Callback("seen", MatchXPath(f"{{{CLIENT}}}presence"), self._on_presence))
        self.register_handler(Callback("told", MatchXPath(f"{{{CLIENT}}}message"), self._on_message))

    def _on_presence(self, stanza):
        self.seen.append(Seen(stanza.xml))
        self._wake()

    def _on_message(self, stanza):
        self.messages.append(stanza)
        self._wake()

    def _wake(self):
        self._news.set()
        self._news = asyncio.Event()

    async def login(self, available=True):
        started = asyncio.get_event_loop().create_future()
        failed = asyncio.get_event_loop().create_future()
        self.add_event_handler("session_start", lambda _: started.done() or started.set_result(None), disposable=True)
        self.add_event_handler("failed_all_auth", lambda _: failed.done() or failed.set_result(None), disposable=True)
        self.connect(("127.0.0.1", self.host.client_port), disable_starttls=True, force_starttls=False)
        done, _ = await asyncio.wait([started, failed], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if started not in done:
            raise TimeoutError(f"{self.bare} could not log in")
        await self.get_roster()
        if available:
            self.send_presence()
        return self

    async def logout(self):
        if self.transport is not None:
            await self.disconnect(wait=1)
        if self._run_out_filters is not None:
            self._run_out_filters.cancel()

    def contact(self, user):
        return user if "@" in user else f"{user}@{self.component}"

    # --- waiting -------------------------------------------------------------------------------

    async def wait_for(self, what, condition, timeout=PATIENCE):
        """Waits until condition() is true; checked again whenever something arrives."""
        deadline = asyncio.get_event_loop().time() + timeout
        while True:
            result = condition()
            if result:
                return result
            left = deadline - asyncio.get_event_loop().time()
            if left <= 0:
                raise AssertionError(f"{self.bare} waited {timeout} s for {what}; saw {self.seen[-8:]}")
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except asyncio.TimeoutError:
                pass

    async def news(self):
        """Returns when the next presence or message has arrived."""
        await self._news.wait()

    def history(self, contact):
        """Everything that the contact address sent, oldest first, without subscription stanzas."""
        address = self.contact(contact)
        return [seen for seen in self.seen if seen.contact == address and seen.type in ("available", "unavailable")]

    def view(self, contact):
        """What this client shows of the contact now: its latest presence, or None."""
        history = self.history(contact)
        return history[-1] if history else None

    async def sees(self, contact, timeout=PATIENCE, **wanted):
        """Waits until the contact's latest presence has these properties, e.g. id="on-call", show="dnd"."""
        def matches():
            seen = self.view(contact)
            return seen if seen and all(getattr(seen, key) == value for key, value in wanted.items()) else None
        return await self.wait_for(f"{contact} with {wanted}", matches, timeout)

    async def hears(self, kind, contact, after=0, timeout=PATIENCE):
        """Waits for a subscription stanza or an error from the contact, past the first `after` stanzas."""
        address = self.contact(contact)
        return await self.wait_for(f"{kind} from {contact}", lambda: next(
            (seen for seen in self.seen[after:] if seen.type == kind and seen.contact == address), None), timeout)

    async def settle(self):
        """Everything sent to this client before now has arrived when this returns."""
        await self.ping(self.component)

    async def ping(self, address, timeout=PATIENCE):
        iq = self.make_iq_get(ito=address)
        iq.append(ET.Element(f"{{{PING}}}ping"))
        return await self.ask(iq, timeout)

    async def ask(self, iq, timeout=PATIENCE):
        """Sends an iq and returns the answer's XML, result or error."""
        try:
            answer = await iq.send(timeout=timeout)
        except slixmpp.exceptions.IqError as error:
            answer = error.iq
        except slixmpp.exceptions.IqTimeout:
            raise AssertionError(f"{self.bare}: no answer in {timeout} s to {iq}") from None
        return answer.xml

    async def ask_raw(self, iq_id, text, timeout=PATIENCE):
        """Sends an iq given as text; returns the answer with that id as XML."""
        answered = asyncio.get_event_loop().create_future()
        name = f"raw {iq_id}"
        self.register_handler(Callback(name, MatcherId(iq_id),
                                       lambda answer: answered.done() or answered.set_result(answer.xml), once=True))
        self.send_raw(text)
        return await asyncio.wait_for(answered, timeout)

    async def query(self, kind, address, payload):
        """An iq get or set with this payload (an element or XML text)."""
        iq = self.make_iq_get(ito=address) if kind == "get" else self.make_iq_set(ito=address)
        iq.append(ET.fromstring(payload) if isinstance(payload, str) else payload)
        return await self.ask(iq)

    # --- doing ---------------------------------------------------------------------------------

    def subscribe(self, contact):
        self.send_presence(pto=self.contact(contact), ptype="subscribe")

    def unsubscribe(self, contact):
        self.send_presence(pto=self.contact(contact), ptype="unsubscribe")

    async def watch(self, contact, **wanted):
        """Subscribes and waits for the consent and the first presence."""
        self.subscribe(contact)
        await self.hears("subscribed", contact)
        return await self.sees(contact, **wanted)

    async def command(self, node, fields=None, to=None, **more):
        """Runs an ad-hoc command in one go: opens it, fills in the form, completes it.

        Values may be a string, a bool or a list of strings. With no fields the first answer is returned.
        """
        values = dict(fields or {}, **more)
        first = await self.command_step(node, to=to)
        if not values or first.error or first.status == "completed":
            return first
        return await self.command_step(node, to=to, session=first.session, action="complete", values=values,
                                       form_type=first.fields.get("FORM_TYPE", [None])[0])

    async def command_step(self, node, to=None, session=None, action="execute", values=None, form_type=None):
        """One step: an `execute` without a session opens the command."""
        command = ET.Element(f"{{{COMMANDS}}}command", node=node, action=action)
        if session:
            command.set("sessionid", session)
        if values is not None:
            form = ET.SubElement(command, f"{{{FORM}}}x", type="submit")
            if form_type:
                values = dict({"FORM_TYPE": form_type}, **values)
            for name, value in values.items():
                field = ET.SubElement(form, f"{{{FORM}}}field", var=name)
                if isinstance(value, bool):
                    value = "1" if value else "0"
                for single in value if isinstance(value, (list, tuple)) else [value]:
                    ET.SubElement(field, f"{{{FORM}}}value").text = single
        iq = self.make_iq_set(ito=to or self.component)
        iq.append(command)
        return CommandResult(await self.ask(iq))
