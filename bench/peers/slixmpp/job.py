"""What both components written with slixmpp share: whom they know, what they show, and how they begin."""

import asyncio
import datetime
import os

import psycopg
from aiohttp import web
from slixmpp import ComponentXMPP

COMPONENT, DOMAIN, SECRET = (os.environ[name] for name in ("COMPONENT", "DOMAIN", "SECRET"))
XMPP_PORT, HTTP_PORT = (int(os.environ[name]) for name in ("XMPP_PORT", "HTTP_PORT"))
DATABASE, TOKEN = os.environ["DATABASE"], os.environ["TOKEN"]
CONNECTIONS = 8  # to PostgreSQL

INSERT = "INSERT INTO peer_events (extension, call, event, at) VALUES (%s, %s, %s, %s)"
ON_CALL = {"show": "dnd", "id": "on-call", "icon": "📞", "color": "#AD1457", "name": "On Call"}
AVAILABLE = {"show": None, "id": "available", "icon": "✅", "color": "#2E7D32", "name": "Available"}
LOOKS = {"answered": ON_CALL, "ended": AVAILABLE}
VER = "dpvD8n/YN2viBBaRe/5G2LuhpPI="


class Person:
    def __init__(self, contact):
        self.contact = contact
        self.watchers = []


async def load():
    """People by extension, with who watches them."""
    by_contact, by_extension = {}, {}
    async with await psycopg.AsyncConnection.connect(DATABASE, autocommit=True) as connection:
        await connection.execute("CREATE TABLE IF NOT EXISTS peer_events (extension text NOT NULL, call text NOT NULL, "
                                 "event text NOT NULL, at timestamptz NOT NULL)")
        rows = await connection.execute("SELECT p.contact, e.number FROM people p "
                                        "JOIN extensions e ON e.person_id = p.id")
        async for contact, number in rows:
            by_extension[number] = by_contact[contact] = Person(contact)
        rows = await connection.execute("SELECT contact, watcher FROM watchers")
        async for contact, watcher in rows:
            by_contact[contact].watchers.append(watcher)
    return by_extension


async def connect():
    """A component that is logged in."""
    component = ComponentXMPP(COMPONENT, SECRET, "127.0.0.1", XMPP_PORT)
    ready = asyncio.Event()
    component.add_event_handler("session_start", lambda _: ready.set())
    component.connect()
    await ready.wait()
    return component


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def instant(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def serve(make_handler):
    """Answers posts with what `make_handler(component, people)` gives, for ever."""
    people = await load()
    component = await connect()
    handler = await make_handler(component, people)

    async def checked(request):
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"title": "Unauthorized"}, status=401)
        return await handler(request)

    app = web.Application()
    app.router.add_post("/v1/pbx/hq/events", checked)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", HTTP_PORT).start()
    await asyncio.Event().wait()
