"""Drives a real Profanity in a terminal of its own: types, waits for text on the screen, reads the screen.

The terminal is a tmux server on a private socket; settings and account stand in a temporary directory. Nothing
sleeps for a fixed time: every step waits, with a bound, for what it expects to see.
"""

import asyncio
import os
import pathlib
import re
import shutil
import subprocess
import time

PATIENCE = 10
ACCOUNT = """[me]
enabled=true
jid={jid}
resource=profanity
server=127.0.0.1
port={port}
tls.policy=disable
password={password}
presence.last=online
presence.login=online
"""
SETTINGS = """[ui]
splash=false
roster=false
occupants=false
tips=false
time.console=off
time.chat=off
time.config=off
time.statusbar=off
inpblock=10
inpblock.dynamic=false

[notifications]
message=off

[logging]
chlog=false

[privacy]
receipts.send=false
"""


class Profanity:
    """`async with Profanity(...)` is logged in; leaving it ends program and terminal and removes the directory."""

    def __init__(self, directory, xmpp, user, columns=110, rows=120, asked=True):
        self.directory = pathlib.Path(directory) / f"profanity-{user}"
        self.xmpp = xmpp
        self.user = user
        self.component = xmpp.component
        self.columns = columns
        self.asked = asked  # the component is going to ask for the account's presence
        self.rows = rows

    # --- the terminal --------------------------------------------------------------------------

    def _tmux(self, *arguments):
        return subprocess.run(["tmux", "-u", "-S", self.directory / "tmux", "-f", os.devnull, *map(str, arguments)],
                              env=self._environment(), capture_output=True, text=True, check=True, timeout=PATIENCE).stdout

    def _environment(self):
        folders = {name: str(self.directory / name.lower()) for name in
                   ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")}
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("TMUX", "LC_ALL", "DBUS_SESSION_BUS_ADDRESS")}
        return dict(environment, HOME=str(self.directory), LANG="C.UTF-8", TERM="xterm-256color", TZ="UTC", **folders)

    def _write_settings(self):
        config = self.directory / "xdg_config_home" / "profanity"
        data = self.directory / "xdg_data_home" / "profanity"
        for folder in (config, data):
            folder.mkdir(parents=True)
        (config / "profrc").write_text(SETTINGS)
        (data / "accounts").write_text(ACCOUNT.format(
            jid=f"{self.user}@{self.xmpp.domain}", port=self.xmpp.client_port, password=self.user))
        (data / "accounts").chmod(0o600)

    async def __aenter__(self):
        self._write_settings()
        self._tmux("new-session", "-d", "-x", self.columns, "-y", self.rows, "profanity", "-a", "me")
        try:
            self._tmux("set-option", "-g", "status", "off")
            # The request of the component, which opens a window that takes its answers, too.
            await self.shows("logged in successfully", *(["Received authorization request"] if self.asked else []))
            # It runs commands as soon as it has discovered that the server has somebody who does.
            while "does not support" in await self.commands():
                pass
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(self, *exception):
        self.close()

    def close(self):
        try:
            self._tmux("kill-server")
        except subprocess.CalledProcessError:
            pass  # it has ended already
        shutil.rmtree(self.directory, ignore_errors=True)

    # --- the screen ----------------------------------------------------------------------------

    @property
    def alive(self):
        try:
            return self._tmux("list-panes", "-F", "#{pane_dead}").strip() == "0"
        except subprocess.CalledProcessError:
            return False

    def screen(self):
        """What stands on the screen, without the blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self._tmux("capture-pane", "-p").splitlines())

    def text(self):
        """The window's text alone: without title bar, status bar and input line."""
        return "\n".join(self.screen().splitlines()[1:-2]).strip("\n")

    async def wait_for(self, what, condition, timeout=PATIENCE):
        """Waits until condition(screen) is true and returns that screen."""
        deadline = time.monotonic() + timeout
        while True:
            screen = self.screen()
            if condition(screen):
                return screen
            if time.monotonic() > deadline:
                raise AssertionError(f"Profanity did not show {what} within {timeout} s:\n" + screen.replace("\n\n", "\n"))
            await asyncio.sleep(0.05)

    async def still(self):
        """Waits until all that belongs to an answer is drawn."""
        last = None
        while last != (last := self.screen()):
            await asyncio.sleep(0.1)

    async def shows(self, *texts, timeout=PATIENCE):
        return await self.wait_for(repr(texts), lambda screen: all(text in screen for text in texts), timeout)

    # --- typing --------------------------------------------------------------------------------

    def type(self, line):
        self._tmux("send-keys", "-l", line)
        self._tmux("send-keys", "Enter")

    async def console(self):
        """Goes to the console, closes all other windows, and empties it."""
        self.type("/win 1")
        self.type("/close all")
        deadline = time.monotonic() + PATIENCE
        while True:
            self.type("/clear")
            try:
                return await self.wait_for("an empty console", lambda screen: screen.startswith(" Profanity. ")
                                           and not "".join(screen.splitlines()[1:-2]).strip(), timeout=1)
            except AssertionError:  # something of its own came after the clearing
                if time.monotonic() > deadline:
                    raise

    async def commands(self):
        """The screen that lists the component's commands."""
        await self.console()
        self.type(f"/cmd list {self.component}")
        return await self.wait_for("the commands", lambda screen: re.search(
            "Ad hoc commands:|No commands found|Error retrieving|does not support", screen))

    async def execute(self, node, *shown):
        """Runs a command from the console, and waits for what it shows."""
        await self.console()
        self.type(f"/cmd exec {node} {self.component}")
        return await self.shows(*(shown or [f"{node} completed"]))

    async def fill(self, *fields):
        """Fills in the form on the screen: each (number, value), with "add ..." for fields of several values."""
        for number, value in fields:
            before = self.screen().count("Field updated...")
            self.type(f"/field{number} {value}")
            await self.wait_for(f"field {number} with {value}",
                                lambda screen: screen.count("Field updated...") > before)

    async def submit(self, *shown):
        """Sends the form and waits for what the answer shows."""
        self.type("/form submit")
        return await self.shows(*shown)
