// What every client here does: print each event as a line of JSON, end when the standard input does.
import { readFileSync } from "node:fs";

process.stdin.once("end", () => process.exit()).resume();

/** Listens to all the event types of the list. */
export function follow(source) {
  const list = JSON.parse(readFileSync(process.argv[3], "utf8"));
  for (const type of new Set(list.map(({ event }) => event))) {
    source.addEventListener(type, ({ type, data, lastEventId }) => {
      console.log(JSON.stringify({ id: lastEventId, event: type, data }));
    });
  }
}

/** The URL of the event stream. */
export const url = process.argv[2];
