"""Fixtures: every test runs against real servers of its own, on Prosody and on ejabberd, or on one of
them if it is for `any_server`.

The XMPP servers and the PostgreSQL cluster are shared by the tests of one worker; accounts, database and
the Offhook process belong to one test. Tests that crash a server take `own_world`, where everything is
theirs. At the end of each test Offhook must leave with 0 and a log without errors.
"""

import asyncio
import itertools
import os

import pytest
import pytest_asyncio

from client import Client
from manager import Manager
from office import open_office
from servers import XMPP_SERVERS, Offhook, Postgres, Workshop, offhook_binary

_numbers = itertools.count(1)


def pytest_configure(config):
    config.addinivalue_line("markers", "any_server: what is tested is the same with every XMPP server, so that each test "
                                       "needs one of them only; they take turns")
    if not os.access(offhook_binary(), os.X_OK):
        raise pytest.UsageError(f"{offhook_binary()} is not there: build it first, or set OFFHOOK_BIN")


def pytest_collection_modifyitems(config, items):
    """Of a test for any_server one stays: the first function's on the first server, the next one's on the next."""
    functions, left_out = {}, []
    for item in items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        if item.get_closest_marker("any_server") and "xmpp" in parameters:
            number = functions.setdefault((item.path, item.originalname), len(functions))
            if parameters["xmpp"] != list(XMPP_SERVERS)[number % len(XMPP_SERVERS)]:
                left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


class World:
    """What a test has: servers, Offhook, and people. Names are made unique, so `bob` is really `bob7`."""

    def __init__(self, directory, xmpp, postgres):
        self.directory = directory
        self.xmpp = xmpp
        self.postgres = postgres
        self.number = next(_numbers)
        self.database = postgres.create_database(postgres.template or "template1")
        self.clients = []
        self.programs = []
        self.offhook = self.program("offhook")

    def user(self, name):
        return f"{name}{self.number}"

    def account(self, name):
        return f"{self.user(name)}@{self.xmpp.domain}"

    def contact(self, name):
        return f"{self.user(name)}@{self.xmpp.component}"

    def program(self, name):
        """An Offhook, not yet started, on this world's database."""
        offhook = Offhook(self.directory / f"{name}-{self.number}", self.xmpp, self.postgres.url(self.database),
                          admins=[self.account("admin")], name=name)
        self.programs.append(offhook)
        return offhook

    def start(self):
        self.offhook.start()
        return self

    async def client(self, name, domain=None, resource="desk", available=True):
        """Registers the account if needed and logs in."""
        self.xmpp.register(self.user(name), domain)
        client = Client(self.xmpp, self.user(name), domain, resource)
        self.clients.append(client)
        return await client.login(available)

    async def admin(self):
        known = [client for client in self.clients if client.user == self.user("admin")]
        return known[0] if known else await self.client("admin", available=False)

    async def add_person(self, name, extensions=(), account=True):
        """An administrator adds a person by command; returns the contact address."""
        self.xmpp.register(self.user(name))
        result = await (await self.admin()).command(
            "add-person", contact=self.user(name), name=name.capitalize(),
            extensions=[e if ":" in e else f"hq:{e}" for e in extensions],
            **({"jid": self.account(name)} if account else {}))
        assert result.status == "completed" and not result.error, result
        return self.contact(name)

    async def watched(self, name="bob", watcher="alice", extensions=("1001",)):
        """The usual beginning: a person with an extension, and a colleague who watches."""
        contact = await self.add_person(name, extensions)
        alice = await self.client(watcher)
        await alice.watch(contact, id="available")
        return alice, contact

    async def event(self, event, extension="1001", call="call-1", expect=200, **more):
        """A call event as the PBX posts it; the loop goes on meanwhile."""
        response = await asyncio.to_thread(self.offhook.event, event, extension, call, **more)
        if expect is not None:
            assert response.status == expect, response
        return response

    async def request(self, *arguments, **keywords):
        return await asyncio.to_thread(self.offhook.request, *arguments, **keywords)

    def query(self, sql, *parameters):
        return self.postgres.query(self.database, sql, *parameters)

    async def close(self):
        for client in self.clients:
            await client.logout()
        failures = []
        for program in reversed(self.programs):
            try:
                await asyncio.to_thread(program.finish)
            except (AssertionError, TimeoutError) as error:
                failures.append(str(error))
        if self.postgres.running:
            self.postgres.drop_database(self.database)
        assert not failures, "\n".join(failures)


@pytest.fixture(scope="session")
def workshop():
    with Workshop("offhook-test-") as workshop:
        yield workshop


class Nowhere:
    """An XMPP server for an Offhook that is only run with options, never connected to anything."""

    domain = "example.test"
    component = "presence.example.test"
    component_port = 1


@pytest.fixture(scope="session")
def postgres(workshop):
    """With a database that has the schema; `own_world` has not, so that Offhook makes it as it starts."""
    postgres = workshop.add(Postgres(workshop.directory / "postgres")).start()
    postgres.migrate(Offhook(workshop.directory / "migrate", Nowhere(), ""))
    return postgres


@pytest.fixture(scope="session", params=list(XMPP_SERVERS))
def xmpp(request, workshop):
    return workshop.add(XMPP_SERVERS[request.param](workshop.directory / request.param)).start()


@pytest_asyncio.fixture
async def quiet_world(workshop, xmpp, postgres):
    """A world whose Offhook is not started yet: for tests that change its configuration first."""
    world = World(workshop.directory, xmpp, postgres)
    yield world
    await world.close()


@pytest_asyncio.fixture
async def world(quiet_world):
    await asyncio.to_thread(quiet_world.start)
    return quiet_world


@pytest_asyncio.fixture(params=list(XMPP_SERVERS))
async def own_world(request):
    """A world whose servers belong to this test alone, so that it may kill them."""
    with Workshop("offhook-test-") as workshop:
        postgres = workshop.add(Postgres(workshop.directory / "postgres")).start()
        xmpp = workshop.add(XMPP_SERVERS[request.param](workshop.directory / request.param)).start()
        world = World(workshop.directory, xmpp, postgres).start()
        try:
            yield world
        finally:
            await world.close()


@pytest_asyncio.fixture
async def manager():
    manager = await Manager().start()
    yield manager
    await manager.stop()


@pytest_asyncio.fixture
async def linked(quiet_world, manager):
    """A world whose PBX `hq` is the fake manager."""
    manager.serve(quiet_world.offhook)
    await asyncio.to_thread(quiet_world.start)
    return quiet_world


@pytest_asyncio.fixture
async def office(linked, manager):
    """Bob's phone at the fake manager is in step with him, and alice watches him."""
    return await open_office(linked, manager)


@pytest.fixture
def offhook_cli(workshop, tmp_path_factory):
    """An Offhook that is only run with options, never connected to anything."""
    return Offhook(tmp_path_factory.mktemp("cli"), Nowhere(), "postgresql:///nowhere?host=/nonexistent")
