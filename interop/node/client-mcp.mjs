// The client of the npm package @modelcontextprotocol/sdk: one call, and what is reported while it runs.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { LoggingMessageNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { url } from "./follow.mjs";

// JSON keeps CR as it is. That is made LF, as an event stream would, so that all pairs are held to the same list.
const report = ({ id, event, data }) =>
  console.log(JSON.stringify({ id, event, data: data.replace(/\r\n|\r/g, "\n") }));

/** The call and what resumes it goes to the URL that is watched on the wire, and everything else to another. */
const fetchApart = (to, init) => {
  const watched = init.body?.includes("tools/call") || new Headers(init.headers).has("last-event-id");
  return fetch(watched ? to : new URL("/handshake", to), init);
};

const client = new Client({ name: "interop", version: "1.0.0" });
client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => report(params.data));
await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch: fetchApart }));
const result = await client.callTool({ name: "list", arguments: {} });
report(JSON.parse(result.content[0].text));
