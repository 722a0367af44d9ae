"""A presence component as slixmpp's guides have it: a stanza for each watcher, a transaction for each event."""

import asyncio

import job
import psycopg
from aiohttp import web
from slixmpp import Presence
from slixmpp.xmlstream import ElementBase, register_stanza_plugin


class RichStatus(ElementBase):
    name = "rich-status"
    namespace = "urn:offhook:1"
    plugin_attrib = "rich_status"
    interfaces = {"id", "icon", "color", "automatic", "since", "name"}
    sub_interfaces = {"name"}


class Caps(ElementBase):
    name = "c"
    namespace = "http://jabber.org/protocol/caps"
    plugin_attrib = "caps"
    interfaces = {"hash", "node", "ver"}


def publish(component, person, look, at):
    for watcher in person.watchers:
        presence = component.make_presence(
            pfrom=f"{person.contact}@{job.COMPONENT}/offhook", pto=watcher, pshow=look["show"],
            pstatus=f"{look['icon']} {look['name']}")
        rich = presence["rich_status"]
        rich["id"] = look["id"]
        rich["icon"] = look["icon"]
        rich["color"] = look["color"]
        rich["automatic"] = "true"
        if look is job.ON_CALL:
            rich["since"] = job.instant(at)
        rich["name"] = look["name"]
        caps = presence["caps"]
        caps["hash"] = "sha-1"
        caps["node"] = "urn:offhook:1"
        caps["ver"] = job.VER
        presence.send()


async def make_handler(component, people):
    register_stanza_plugin(Presence, RichStatus)
    register_stanza_plugin(Presence, Caps)
    pool = asyncio.Queue()
    for _ in range(job.CONNECTIONS):
        pool.put_nowait(await psycopg.AsyncConnection.connect(job.DATABASE, autocommit=True))

    async def handle(request):
        event = await request.json()
        at = job.now()
        connection = await pool.get()
        try:
            await connection.execute(job.INSERT, (event["extension"], event["call"], event["event"], at))
        finally:
            pool.put_nowait(connection)
        publish(component, people[event["extension"]], job.LOOKS[event["event"]], at)
        return web.json_response({"accepted": 1})

    return handle


asyncio.run(job.serve(make_handler))
