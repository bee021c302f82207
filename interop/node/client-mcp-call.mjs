// The client of the npm package @modelcontextprotocol/client, by revision 2026-07-28: one call, and what is reported
// while it runs. Before it a call that is given up, and one whose answer says that the server has noticed.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { url } from "./follow.mjs";

// JSON keeps CR as it is. That is made LF, as an event stream would, so that all pairs are held to the same list.
const report = ({ id, event, data }) =>
  console.log(JSON.stringify({ id: "", event, data: data.replace(/\r\n|\r/g, "\n") }));

/** How many comments have come on the call that waits: the transport shows them to nobody. */
let comments = 0;

/** The call that is compared goes to the URL that is watched on the wire, and everything else to another. */
const fetchApart = async (to, init) => {
  const name = new Headers(init.headers).get("mcp-name");
  const response = await fetch(name === "list" ? to : new URL("/apart", to), init);
  if (name !== "wait") return response;
  const count = new TransformStream({
    transform(chunk, controller) {
      comments += new TextDecoder().decode(chunk).match(/^:/gm)?.length ?? 0;
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(count), response);
};

const client = new Client(
  { name: "interop", version: "1.0.0" },
  { versionNegotiation: { mode: { pin: "2026-07-28" } } },
);
client.onerror = (error) => console.error(error);
const transport = new StreamableHTTPClientTransport(new URL(url), { fetch: fetchApart });
let notified = () => {};
client.setNotificationHandler("notifications/message", ({ params }) => notified(params.data));
await client.connect(transport);

/** A call of a tool without arguments. */
const call = (name, options) => client.callTool({ name, arguments: {} }, options);

const first = new Promise((resolve) => (notified = resolve));
const giveUp = new AbortController();
const waiting = call("wait", { signal: giveUp.signal }).then(
  () => Promise.reject(new Error("the call that waits has a result")),
  (error) => giveUp.signal.aborted || Promise.reject(error),
);
await first;
// Comments come all the time.
await new Promise((resolve) => setTimeout(resolve, 350));
giveUp.abort();
await waiting;
if (comments < 2) throw new Error(`${comments} comments in 350 ms, and one was due each 100`);
await call("waited", { timeout: 5000 });

notified = report;
const result = await call("list");
report(JSON.parse(result.content[0].text));
