// The streamable HTTP transport of the npm package @modelcontextprotocol/sdk, with an event store.
import { randomUUID } from "node:crypto";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { HELD, list, released, serve } from "./serve.mjs";

/** Behind this event the server ends the connection, and then as often again as soon as the client is back. */
const CLOSED = { behind: 550, again: 3 };

/** Everything that was sent, in order; an ID is a place in it. */
const log = [];

/** Called when a client has resumed. */
let resumed;

/** Resolves when a client resumes the next time. */
const nextResume = () => new Promise((resolve) => (resumed = resolve));

const eventStore = {
  async storeEvent(stream, message) {
    log.push({ stream, message });
    return `mcp-${log.length}`;
  },
  /** By this the transport notices that a stream has a connection already. */
  async getStreamIdForEventId(id) {
    return log[Number(id.replace("mcp-", "")) - 1]?.stream;
  },
  async replayEventsAfter(lastEventId, { send }) {
    const place = Number(lastEventId.replace("mcp-", ""));
    const { stream } = log[place - 1];
    for (let at = place; at < log.length; at++) {
      if (log[at].stream === stream) await send(`mcp-${at + 1}`, log[at].message);
    }
    // The transport knows of the connection once this has returned.
    setTimeout(() => resumed(), 20);
    return stream;
  },
};

/** Sends all but the last by `send`; `close` ends the connection. */
async function sendList(send, close) {
  // The first cut is not ours.
  const back = nextResume();
  for (const event of list.slice(0, -1)) {
    const number = Number(event.id);
    if (number >= HELD) await released;
    if (number === CLOSED.behind) await back;
    await send({ level: "info", data: event });
    if (number === CLOSED.behind) await closeSome(close);
  }
}

/** Ends the connection, and the ones after it, on which nothing was sent. */
async function closeSome(close) {
  for (let times = 0; times <= CLOSED.again; times++) {
    const back = nextResume();
    close();
    await back;
  }
}

const server = new McpServer({ name: "interop", version: "1.0.0" }, { capabilities: { logging: {} } });

// By notifications of the call, and its result.
server.registerTool("list", {}, async ({ sendNotification, closeSSEStream }) => {
  await sendList((params) => sendNotification({ method: "notifications/message", params }), closeSSEStream);
  return { content: [{ type: "text", text: JSON.stringify(list.at(-1)) }] };
});

const transport = new StreamableHTTPServerTransport({
  sessionIdGenerator: randomUUID,
  eventStore,
  retryInterval: 50,
});
await server.connect(transport);

let listening = false;
serve(async (request, response) => {
  const handled = transport.handleRequest(request, response);
  // By notifications of nobody's call, once somebody listens.
  if (request.method === "GET" && !listening && !request.headers["last-event-id"]) {
    listening = true;
    setTimeout(async () => {
      const send = (params) => server.server.notification({ method: "notifications/message", params });
      await sendList(send, () => transport.closeStandaloneSSEStream());
      await send({ level: "info", data: list.at(-1) });
    }, 20);
  }
  await handled;
});
