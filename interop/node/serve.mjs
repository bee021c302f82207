// What every server here does: read the list, print its port, hold what comes behind the hold until a line is
// read, end when the standard input does.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

/** All the events. */
export const list = JSON.parse(readFileSync(process.argv[2], "utf8"));

/** The first event that is held back. */
export const HELD = 11;

/** Resolves when the client has what comes before the hold. */
export const released = new Promise((resolve) => process.stdin.once("data", resolve));
process.stdin.once("end", () => process.exit());

/** The events behind the one with this ID; IDs are numbers from 1. */
export async function* behind(lastEventId) {
  for (const event of list.slice(Number(lastEventId ?? 0))) {
    if (Number(event.id) >= HELD) await released;
    yield event;
  }
}

/** Serves on a free port. */
export function serve(listener) {
  const server = createServer(listener).listen(0, "127.0.0.1", () => console.log(server.address().port));
}
