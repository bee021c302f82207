// What every page does: collect the events until somebody takes them.
window.seen = [];

/** Collects an event. */
export function report(event) {
  window.seen.push(event);
}

/** Collects all the event types of the list, from what `open` opens. */
export async function follow(open) {
  const list = await (await fetch("/events.json")).json();
  const source = open();
  for (const type of new Set(list.map(({ event }) => event))) {
    source.addEventListener(type, ({ type, data, lastEventId }) => report({ id: lastEventId, event: type, data }));
  }
}
