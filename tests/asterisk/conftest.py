"""Fixtures: an office on a real Asterisk. Every test has its own Asterisk process, database and Offhook.

Runs only through scripts/test --asterisk, which names the folder with Asterisk in OFFHOOK_ASTERISK.
"""

import importlib.util
import os
import pathlib
import sys

import pytest
import pytest_asyncio

INTEGRATION = pathlib.Path(__file__).parents[1] / "integration"
collect_ignore_glob = [] if "OFFHOOK_ASTERISK" in os.environ else ["test_*.py"]

if not collect_ignore_glob:
    sys.path[:0] = [str(pathlib.Path(__file__).parent), str(INTEGRATION)]
    # Both are called conftest.
    _found = importlib.util.spec_from_file_location("integration_fixtures", INTEGRATION / "conftest.py")
    _fixtures = importlib.util.module_from_spec(_found)
    _found.loader.exec_module(_fixtures)
    postgres, quiet_world, workshop = _fixtures.postgres, _fixtures.quiet_world, _fixtures.workshop

    from asterisk import folder
    from sip_office import Office
    from servers import Prosody


def pytest_configure():
    if not collect_ignore_glob and os.geteuid() != 0:
        raise pytest.UsageError("Asterisk runs in a folder of its own (chroot), which only root may do")
    if not collect_ignore_glob and not (folder() / ".complete").exists():
        raise pytest.UsageError(f"{folder()} is not complete: run tests/asterisk/install {folder()}")


@pytest.fixture(scope="session")
def xmpp(workshop):
    return workshop.add(Prosody(workshop.directory / "prosody")).start()


@pytest.fixture
def rights():
    """The documented ones, unless a test says otherwise."""
    return None


@pytest.fixture
def small():
    """Whether the dial plan is the one of docs/pbx/asterisk.md instead of that of docs/pbx/dialplan.md."""
    return False


@pytest_asyncio.fixture
async def office(quiet_world, tmp_path, rights, small):
    office = Office(quiet_world, tmp_path, rights, small)
    try:
        yield await office.open()
    finally:
        await office.close()
