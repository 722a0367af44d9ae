"""An XMPP server that remembers what everybody was told last, and reads as slowly as it is asked to."""

import json
import subprocess

from lab import Sink, program


class Observer(Sink):
    name = "observer"

    def spawn(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen([program("observer"), str(self.component_port)], stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)

    def tell(self, command):
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()

    def ask(self, command):
        self.tell(command)
        line = self.child.stdout.readline()
        return json.loads(line) if line else None

    def report(self):
        """What came so far: connections, presences, bytes, pairs; and when the probe was answered."""
        report = self.ask("report")
        if report:
            report["answered"] /= 1e6
        return report

    def told(self):
        """The status that each watcher was told last, by (contact, watcher)."""
        path = self.directory / "told"
        self.ask(f"dump {path}")
        lines = (line.split("\t") for line in path.read_text().splitlines())
        return {(contact.split("@")[0], watcher): status for contact, watcher, status in lines}
