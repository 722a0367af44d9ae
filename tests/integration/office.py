"""People whose phones hang at the fake Asterisk, and a colleague who watches them: for tests of the write-back."""

import asyncio
import datetime

from manager import Presence

AVAILABLE = Presence("available", "offhook available", "Available")
LUNCH = Presence("away", "offhook lunch-break", "Lunch Break")
AWAY = Presence("away", "offhook away", "Away")
DND = Presence("dnd", "offhook dnd dnd", "Do Not Disturb")
OFF, ON = (False, False), (True, True)  # Do Not Disturb, as Manager.has_dnd tells


class Office:
    """Bob with the extension 1001; more by add()."""

    def __init__(self, world, manager, alice, bob):
        self.world, self.manager, self.alice, self.bob = world, manager, alice, bob

    async def add(self, name, *extensions):
        contact = await self.world.add_person(name, extensions)
        await self.alice.watch(contact, id="available")
        for extension in extensions:
            await self.stands(AVAILABLE, extension)
        await self.manager.quiet(0.5)
        return contact

    async def _request(self, method, name, what, body=None):
        response = await self.world.request(method, f"/v1/people/{self.world.user(name)}/{what}", body=body,
                                            token=self.world.offhook.writer_token)
        assert response.status == 200, response

    async def choose(self, status, name="bob", seconds=None, **more):
        """As the person would; with an expiry after so many seconds."""
        if seconds:
            end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
            more["expires"] = end.strftime("%Y-%m-%dT%H:%M:%SZ")
        await self._request("PUT", name, "status", {"status": status, **more})

    async def clear(self, name="bob"):
        await self._request("DELETE", name, "status")

    async def stands(self, presence, extension="1001", timeout=10):
        """Waits until this is what the PBX has."""
        await self.manager.until(f"{presence} of {extension}",
                                 lambda: self.manager.presences.get(extension) == presence, timeout)

    async def dnd_is(self, wanted, extension="1001"):
        await self.manager.until(f"Do Not Disturb {wanted} of {extension}",
                                 lambda: self.manager.has_dnd(extension) == wanted)

    async def in_step(self, presence, dnd=OFF, extension="1001"):
        """Both stand, and after that nothing more is written."""
        await self.stands(presence, extension)
        await self.dnd_is(dnd, extension)
        await self.manager.quiet()
        assert (self.manager.presences[extension], self.manager.has_dnd(extension)) == (presence, dnd)

    def choice(self, name="bob"):
        """(status, message, source) of the standing choice, as stored; None: there is none."""
        rows = self.world.query(
            "SELECT s.slug, c.standing_message, c.standing_source FROM choices c JOIN people p ON p.id = c.person_id"
            " JOIN statuses s ON s.id = c.standing_status WHERE p.contact = %s", self.world.user(name))
        return rows[0] if rows else None

    async def restart(self):
        await asyncio.to_thread(self.world.offhook.start)


async def open_office(world, manager):
    alice, bob = await world.watched()
    await manager.linked()
    office = Office(world, manager, alice, bob)
    await office.in_step(AVAILABLE)
    return office
