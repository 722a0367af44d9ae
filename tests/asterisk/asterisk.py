"""A real Asterisk in a folder made by `install`, with the documented manager.conf and dial plan."""

import asyncio
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import tempfile
import textwrap

from servers import ROOT, Process, free_port

PASSWORD = "manager-password-0123456789"
PHONES = ("1001", "1002", "1003")
PHONE_PASSWORD = "phone-password"
DOCUMENTS = ROOT / "docs" / "pbx"


def folder():
    return pathlib.Path(os.environ.get("OFFHOOK_ASTERISK", ROOT / "build" / "asterisk")).resolve()


def documented_manager():
    """The manager.conf of docs/pbx/asterisk.md: the first indented block that follows its name."""
    text = (DOCUMENTS / "asterisk.md").read_text()
    found = re.search(r"manager\.conf`[^\n]*:\n\n((?:    [^\n]*\n|\n)+)", text)
    return textwrap.dedent(found[1])


def documented_dialplan():
    """The blocks of docs/pbx/dialplan.md in Asterisk's language: the dial plan, and the keys of a desk phone."""
    dialplan, keys = re.findall(r"```asterisk\n(.*?)```", (DOCUMENTS / "dialplan.md").read_text(), re.DOTALL)
    return dialplan, keys


def documented_small_dialplan():
    """The dial plan of docs/pbx/asterisk.md that looks at the device states only."""
    found = re.search(r"\n\n(    \[globals\]\n    OFFHOOK_DND=yes\n(?:    [^\n]*\n|\n)+)", (DOCUMENTS / "asterisk.md").read_text())
    return textwrap.dedent(found[1])


def with_values(text, values):
    """The text with what a reader has to put in; each must be there."""
    for old, new in values.items():
        assert old in text, f"{old} is not in the document"
        text = text.replace(old, str(new))
    return text


FREEPBX_KEYS = """
exten => *78,1,Set(DB(DND/${CALLERID(num)})=YES)
 same => n,Set(DEVICE_STATE(Custom:DND${CALLERID(num)})=BUSY)
 same => n,Answer()
 same => n,Hangup()
exten => *79,1,NoOp(${DB_DELETE(DND/${CALLERID(num)})})
 same => n,Set(DEVICE_STATE(Custom:DND${CALLERID(num)})=UNAVAILABLE)
 same => n,Answer()
 same => n,Hangup()
"""


class Asterisk(Process):
    """Its configuration, database and sockets are its own; it sees them in /srv of the folder."""

    name = "asterisk"

    def __init__(self, offhook, rights=None, small=False):
        """`rights` to write instead of the documented ones; `small`: the dial plan that needs no more than these."""
        self.rights = rights
        self.small = small
        self.folder = folder()
        super().__init__(tempfile.mkdtemp(prefix="offhook-", dir=self.folder / "srv"))
        self.inside = "/srv/" + self.directory.name
        self.offhook = offhook
        self.sip_port = free_port()
        self.manager_port = free_port()
        self.lab_secret = secrets.token_hex(16)

    def write_config(self):
        rtp = free_port()
        manager = with_values(documented_manager(), {"5038": self.manager_port, "a-long-random-password": PASSWORD})
        if self.rights:
            manager, count = re.subn(r"(?m)^write = .*$", f"write = {self.rights}", manager)
            assert count == 1
        base = f"http://127.0.0.1:{self.offhook.http_port}"
        values = {"http://127.0.0.1:8088": base}
        dialplan, keys = documented_dialplan()
        dialplan = with_values(dialplan, {**values, "OFFHOOK_TOKEN=the token": f"OFFHOOK_TOKEN={self.offhook.token}"})
        keys = with_values(keys, {**values, "/etc/asterisk/offhook.header": f"{self.inside}/offhook.header"})
        if self.small:
            dialplan, keys = documented_small_dialplan(), ""
        hints = "".join(f"exten => {e},hint,PJSIP/{e}&Custom:DND{e},CustomPresence:{e}\n" for e in PHONES)
        phones = "".join(f"""
[{e}]
type=endpoint
context=phones
disallow=all
allow=ulaw
aors={e}
auth={e}
direct_media=no
[{e}]
type=aor
max_contacts=1
[{e}]
type=auth
auth_type=userpass
username={e}
password={PHONE_PASSWORD}
""" for e in PHONES)
        files = {
            "asterisk.conf": "[directories](!)\n[directories]\n" + "".join(
                f"{name} => {self.inside}\n" for name in ("astetcdir", "astdbdir", "astkeydir", "astspooldir",
                                                          "astrundir", "astlogdir", "astcachedir"))
                             + "[options]\nverbose = 3\nnocolor = yes\nsystemname = lab\n",
            "logger.conf": "[general]\n[logfiles]\nconsole => notice,warning,error,verbose\n",
            "modules.conf": "[modules]\nautoload=yes\nnoload=app_voicemail_imap.so\nnoload=app_voicemail_odbc.so\n",
            "manager.conf": f"{manager}\n[lab]\nsecret = {self.lab_secret}\nread = all\nwrite = all\n",
            "pjsip.conf": f"[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{self.sip_port}\n{phones}",
            "rtp.conf": f"[general]\nrtpstart={rtp}\nrtpend={rtp + 200}\n",
            "confbridge.conf": "[general]\n[default_user]\ntype=user\nquiet=yes\n[default_bridge]\ntype=bridge\n",
            "voicemail.conf": "[general]\nformat=wav\n[default]\n" + "".join(f"{e} => 1234,{e}\n" for e in PHONES),
            "followme.conf": "[1001]\ncontext=phones\nnumber=1003,10\n",
            "extensions.conf": f"""
#include dialplan.conf
[internal](+)
#include keys.conf
[ext-local]
{hints}
[phones]
exten => _1XXX,1,Dial(PJSIP/${{EXTEN}},30)
 same => n,Hangup()
exten => _81XXX,1,Dial(PJSIP/${{EXTEN:1}},2)
 same => n,Hangup(19)
exten => 3000,1,Answer()
 same => n,ConfBridge(3000)
 same => n,Hangup()
; 9 and what follows goes through the documented dial plan.
exten => _9X.,1,Goto(internal,${{EXTEN:1}},1)
exten => _9*.,1,Goto(internal,${{EXTEN:1}},1)
; Do Not Disturb as FreePBX does it.
{FREEPBX_KEYS.strip()}
""",
            "dialplan.conf": dialplan,
            "keys.conf": keys,
            "offhook.header": f"Authorization: Bearer {self.offhook.token}\n",
        }
        for name, text in files.items():
            (self.directory / name).write_text(text)

    def start(self, timeout=60):
        self.write_config()
        return super().start(timeout)

    def start_again(self):
        """As it is, with its database: after an end or a crash."""
        return super().start(60)

    def environment(self):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}

    def command(self):
        return ["chroot", self.folder, "asterisk", "-f", "-C", f"{self.inside}/asterisk.conf"]

    def cli(self, command):
        """One command of Asterisk's console; what it prints."""
        done = subprocess.run(["chroot", self.folder, "asterisk", "-C", f"{self.inside}/asterisk.conf", "-rx", command],
                              capture_output=True, text=True, timeout=30, env=self.environment())
        return done.stdout

    def is_ready(self):
        return "fully booted" in self.cli("core waitfullybooted")

    def forget(self):
        """Loses its database; only while it is down."""
        for path in self.directory.glob("astdb*"):
            path.unlink()

    def channels(self):
        """(channel, application) of each."""
        rows = [line.split("!") for line in self.cli("core show channels concise").splitlines()]
        return [(row[0], row[5]) for row in rows if len(row) > 5]

    def close(self):
        try:
            if self.running:
                self.stop()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)


class Lab:
    """A manager session of the tests' own, with all rights: hears everything, and may do anything."""

    def __init__(self, asterisk):
        self.asterisk = asterisk
        self.events = []
        self.answers = {}
        self.number = 0
        self._news = asyncio.Event()
        self._task = None
        self._writer = None

    async def open(self):
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self.asterisk.manager_port)
        await reader.readline()
        self._task = asyncio.create_task(self._read(reader))
        answer = await self.action("Login", Username="lab", Secret=self.asterisk.lab_secret)
        assert answer["Response"] == "Success", answer
        return self

    async def _read(self, reader):
        try:
            while True:
                text = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
                block = dict(line.split(": ", 1) for line in text.strip().split("\r\n") if ": " in line)
                if "Response" in block:
                    self.answers[block.get("ActionID")] = block
                else:
                    self.events.append(block)
                self._news.set()
                self._news = asyncio.Event()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass

    async def wait_for(self, what, condition, timeout=10):
        deadline = asyncio.get_running_loop().time() + timeout
        while not (result := condition()):
            left = deadline - asyncio.get_running_loop().time()
            assert left > 0, f"waited {timeout} s for {what}; the last: {self.events[-5:]}"
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except asyncio.TimeoutError:
                pass
        return result

    def send(self, name, **fields):
        """An action whose answer nobody waits for; its id."""
        self.number += 1
        rows = {"Action": name, "ActionID": str(self.number), **fields}
        self._writer.write(("".join(f"{key}: {value}\r\n" for key, value in rows.items()) + "\r\n").encode())
        return str(self.number)

    async def action(self, name, **fields):
        number = self.send(name, **fields)
        return await self.wait_for(f"an answer to {name}", lambda: self.answers.pop(number, None))

    def seen(self, event, **fields):
        """All events of a kind with these fields."""
        return [block for block in self.events if block.get("Event") == event
                and all(block.get(name) == value for name, value in fields.items())]

    async def sees(self, event, timeout=10, **fields):
        return (await self.wait_for(f"{event} {fields}", lambda: self.seen(event, **fields), timeout))[-1]

    async def close(self):
        self._writer.close()
        await asyncio.wait([self._task], timeout=5)
