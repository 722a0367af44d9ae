// The same, tuned: one string of all stanzas of an event, written once, and all waiting events in one transaction.

import { COMPONENT, LOOKS, VER, serve } from "./job.js";

const INSERT =
  "INSERT INTO peer_events (extension, call, event, at) " +
  "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])";

// Only the addresses differ, which need no escaping here.
function render(person, look, at) {
  const show = look.show ? `<show>${look.show}</show>` : "";
  const since = look.timed ? ` since='${at.toISOString()}'` : "";
  const head = `<presence from='${person.contact}@${COMPONENT}/offhook' to='`;
  const tail =
    `'>${show}<status>${look.icon} ${look.name}</status><rich-status xmlns='urn:offhook:1' id='${look.id}' ` +
    `icon='${look.icon}' color='${look.color}' automatic='true'${since}><name>${look.name}</name></rich-status>` +
    `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:offhook:1' ver='${VER}'/></presence>`;
  return head + person.watchers.join(tail + head) + tail;
}

// What comes during a transaction is the next one.
function makeCommitter(pool) {
  let waiting = [];
  let busy = false;

  async function run() {
    busy = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await pool.query(INSERT, [
          batch.map(({ event }) => event.extension),
          batch.map(({ event }) => event.call),
          batch.map(({ event }) => event.event),
          batch.map(({ at }) => at),
        ]);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    busy = false;
  }

  return (event, at) =>
    new Promise((resolve, reject) => {
      waiting.push({ event, at, resolve, reject });
      if (!busy) run();
    });
}

await serve((pool, xmpp, people) => {
  const commit = makeCommitter(pool);
  return async (event) => {
    const at = new Date();
    await commit(event, at);
    await xmpp.write(render(people.get(event.extension), LOOKS[event.event], at));
  };
});
