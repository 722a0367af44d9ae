// A presence component as @xmpp/component's guide has it: a stanza for each watcher, a transaction for each event.

import { xml } from "@xmpp/component";
import { COMPONENT, LOOKS, VER, serve } from "./job.js";

const INSERT = "INSERT INTO peer_events (extension, call, event, at) VALUES ($1, $2, $3, $4)";

function presence(person, watcher, look, at) {
  const rich = { xmlns: "urn:offhook:1", id: look.id, icon: look.icon, color: look.color, automatic: "true" };
  if (look.timed) rich.since = at.toISOString();
  return xml(
    "presence",
    { from: `${person.contact}@${COMPONENT}/offhook`, to: watcher },
    look.show && xml("show", {}, look.show),
    xml("status", {}, `${look.icon} ${look.name}`),
    xml("rich-status", rich, xml("name", {}, look.name)),
    xml("c", { xmlns: "http://jabber.org/protocol/caps", hash: "sha-1", node: "urn:offhook:1", ver: VER }),
  );
}

await serve((pool, xmpp, people) => async (event) => {
  const at = new Date();
  await pool.query(INSERT, [event.extension, event.call, event.event, at]);
  const person = people.get(event.extension);
  const look = LOOKS[event.event];
  await Promise.all(person.watchers.map((watcher) => xmpp.send(presence(person, watcher, look, at))));
});
