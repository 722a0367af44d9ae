"""An office with three telephones on a real Asterisk, Offhook linked to it, and a colleague who watches."""

import asyncio

import phones
from asterisk import PASSWORD, PHONES, Asterisk, Lab
from kamailio import Sipp
from servers import free_port, wait_until


class Office:
    """Bob has 1001, carol 1002, dave 1003; alice watches them."""

    names = dict(zip(PHONES, ("bob", "carol", "dave")))

    def __init__(self, world, directory, rights=None, small=False):
        self.world = world
        self.offhook = world.offhook
        self.directory = directory
        self.asterisk = Asterisk(self.offhook, rights, small)
        self.ports = {}
        self.running = []
        self.contacts = {}
        self.labs = []
        self.alice = None
        self.offhook.config["pbx"] = [{
            "name": "hq", "tenant": self.offhook.xmpp.domain, "type": "asterisk", "host": "127.0.0.1",
            "port": self.asterisk.manager_port, "username": "offhook", "context": "ext-local",
            "password_file": self.offhook._secret("manager", PASSWORD), "token": self.offhook.token}]

    async def open(self):
        await asyncio.to_thread(self.asterisk.start)
        await asyncio.to_thread(self.world.start)
        await self.linked()
        for extension in PHONES:
            await self.register(extension)
        self.alice = await self.world.client("alice")
        for extension, name in self.names.items():
            self.contacts[extension] = await self.world.add_person(name, [extension])
            await self.alice.watch(self.contacts[extension], id="available")
        return self

    async def close(self):
        for lab in self.labs:
            await lab.close()
        for run in self.running:
            run.stop()
        print(self.asterisk.log()[-6000:])  # shown of a test that failed
        await asyncio.to_thread(self.asterisk.close)

    async def linked(self, times=1):
        """Until the link has read its lists so many times after a loss."""
        connected = f"connected to 127.0.0.1 port {self.asterisk.manager_port}"
        await asyncio.to_thread(wait_until, "the link to Asterisk",
                                lambda: self.offhook.log().count(connected) >= times, 30)

    async def lab(self):
        self.labs.append(await Lab(self.asterisk).open())
        return self.labs[-1]

    async def cli(self, command):
        return await asyncio.to_thread(self.asterisk.cli, command)

    # --- phones

    def _run(self, name, scenario, *arguments):
        run = Sipp(self.directory, name, scenario, *arguments, f"127.0.0.1:{self.asterisk.sip_port}")
        self.running.append(run)
        return run

    async def register(self, extension, seconds=600):
        """The phone at this extension logs in at Asterisk, or leaves."""
        self.ports.setdefault(extension, free_port())
        await self.finished(self._run(f"registers{extension}", phones.registers(extension, self.ports[extension], seconds),
                                      "-m", 1))

    def phone(self, extension, scenario, calls=1):
        """The registered phone waits for calls."""
        run = Sipp(self.directory, f"phone{extension}", scenario, "-m", calls, port=self.ports[extension])
        self.running.append(run)
        return run

    def call(self, extension, number, scenario, calls=1, rate=10):
        return self._run(f"caller{extension}", scenario, "-s", number, "-m", calls, "-r", rate)

    @staticmethod
    async def finished(*runs):
        for run in runs:
            await asyncio.to_thread(run.finish)

    # --- what is seen

    def user(self, extension):
        return self.world.user(self.names[extension])

    def history(self, extension):
        """The ids that alice saw of a person, without repetitions."""
        seen = [presence.id or "offline" for presence in self.alice.history(self.contacts[extension])]
        return [status for at, status in enumerate(seen) if at == 0 or seen[at - 1] != status]

    async def shows(self, status, *extensions, timeout=10):
        """The watcher's client and the HTTP interface show this status of all of them."""
        for extension in extensions:
            await self.alice.sees(self.contacts[extension], id=None if status == "offline" else status, timeout=timeout)
            told = await asyncio.to_thread(self.offhook.presence, self.user(extension))
            assert told["status"] == status, told

    async def nothing_more(self):
        """What happens late has happened: the end of a call is held back for 0.2 s."""
        await asyncio.sleep(0.5)
        await self.alice.settle()

    def live_legs(self):
        """(extension, state, kind) of each leg that is up or rings, sorted."""
        return sorted(self.world.query("SELECT extension, state, kind FROM legs WHERE state <> 'ended'"))

    async def wait_for_legs(self, wanted):
        """Presence does not wait for the database, so legs are there a little later."""
        await asyncio.to_thread(wait_until, f"these legs: {wanted}", lambda: self.live_legs() == wanted, 10)
