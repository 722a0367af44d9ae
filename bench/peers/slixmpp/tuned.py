"""The same, tuned: one string of all stanzas of an event, written once, and all waiting events in one transaction."""

import asyncio

import job
import psycopg
from aiohttp import web

INSERT = ("INSERT INTO peer_events (extension, call, event, at) "
          "SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[])")


def render(person, look, at):
    """All stanzas of an event. Only the addresses differ, which need no escaping here."""
    show = f"<show>{look['show']}</show>" if look["show"] else ""
    since = f" since='{job.instant(at)}'" if look is job.ON_CALL else ""
    head = f"<presence from='{person.contact}@{job.COMPONENT}/offhook' to='"
    tail = (f"'>{show}<status>{look['icon']} {look['name']}</status><rich-status xmlns='urn:offhook:1' id='{look['id']}' "
            f"icon='{look['icon']}' color='{look['color']}' automatic='true'{since}><name>{look['name']}</name>"
            "</rich-status><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:offhook:1' "
            f"ver='{job.VER}'/></presence>")
    return head + (tail + head).join(person.watchers) + tail


async def commit(connection, waiting):
    """Takes what came meanwhile as the next transaction."""
    while True:
        events = [await waiting.get()]
        while not waiting.empty():
            events.append(waiting.get_nowait())
        *columns, done = zip(*events)
        await connection.execute(INSERT, [list(column) for column in columns])
        for future in done:
            future.set_result(None)


async def make_handler(component, people):
    waiting = asyncio.Queue()
    loop = asyncio.get_running_loop()
    connection = await psycopg.AsyncConnection.connect(job.DATABASE, autocommit=True)
    component.committer = loop.create_task(commit(connection, waiting))

    async def handle(request):
        event = await request.json()
        at = job.now()
        committed = loop.create_future()
        waiting.put_nowait((event["extension"], event["call"], event["event"], at, committed))
        await committed
        component.send_raw(render(people[event["extension"]], job.LOOKS[event["event"]], at))
        return web.json_response({"accepted": 1})

    return handle


asyncio.run(job.serve(make_handler))
