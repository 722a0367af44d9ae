// What both components written for Node share: whom they know, what they show, and how they begin.

import http from "node:http";
import { component } from "@xmpp/component";
import pg from "pg";

const { COMPONENT, SECRET, XMPP_PORT, HTTP_PORT, DATABASE, TOKEN } = process.env;

export { COMPONENT };
export const VER = "dpvD8n/YN2viBBaRe/5G2LuhpPI=";
export const LOOKS = {
  answered: { show: "dnd", id: "on-call", icon: "📞", color: "#AD1457", name: "On Call", timed: true },
  ended: { show: null, id: "available", icon: "✅", color: "#2E7D32", name: "Available", timed: false },
};

// People by extension, with who watches them.
async function load(pool) {
  const byContact = new Map();
  const byExtension = new Map();
  await pool.query(
    "CREATE TABLE IF NOT EXISTS peer_events (extension text NOT NULL, call text NOT NULL, " +
      "event text NOT NULL, at timestamptz NOT NULL)",
  );
  const people = await pool.query(
    "SELECT p.contact, e.number FROM people p JOIN extensions e ON e.person_id = p.id",
  );
  for (const { contact, number } of people.rows) {
    const person = { contact, watchers: [] };
    byContact.set(contact, person);
    byExtension.set(number, person);
  }
  const watchers = await pool.query("SELECT contact, watcher FROM watchers");
  for (const { contact, watcher } of watchers.rows) byContact.get(contact).watchers.push(watcher);
  return byExtension;
}

async function readJson(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString());
}

function answer(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

// Answers posts with what `makeHandler(pool, xmpp, people)` gives, for ever.
export async function serve(makeHandler) {
  const pool = new pg.Pool({ connectionString: DATABASE, max: 8 });
  const people = await load(pool);
  const xmpp = component({ service: `xmpp://127.0.0.1:${XMPP_PORT}`, domain: COMPONENT, password: SECRET });
  xmpp.on("error", (error) => console.error(error));
  await xmpp.start();
  const handle = makeHandler(pool, xmpp, people);

  const server = http.createServer(async (request, response) => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      answer(response, 401, { title: "Unauthorized" });
    } else if (request.method !== "POST" || request.url !== "/v1/pbx/hq/events") {
      answer(response, 404, { title: "Not Found" });
    } else {
      try {
        await handle(await readJson(request));
        answer(response, 200, { accepted: 1 });
      } catch (error) {
        console.error(error);
        answer(response, 500, { title: "Internal Server Error" });
      }
    }
  });
  server.keepAliveTimeout = 75000;
  server.listen(Number(HTTP_PORT), "127.0.0.1");
}
