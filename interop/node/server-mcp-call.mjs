// Revision 2026-07-28 of MCP, by the npm packages @modelcontextprotocol/server and @modelcontextprotocol/node: no
// sessions, no IDs; a stream that is closed is a call that is cancelled.
import { McpServer, createMcpHandler } from "@modelcontextprotocol/server";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { HELD, list, released, serve } from "./serve.mjs";

/** Resolves when the call of `wait` is cancelled. */
let cancelled;
const cancellation = new Promise((resolve) => (cancelled = resolve));

/** A result of one text. */
const result = (text) => ({ content: [{ type: "text", text }] });

function makeServer() {
  const server = new McpServer({ name: "interop", version: "1.0.0" }, { capabilities: { logging: {} } });
  const tool = (name, call) =>
    server.registerTool(name, {}, ({ mcpReq }) => {
      const send = (data) => mcpReq.notify({ method: "notifications/message", params: { level: "info", data } });
      return call(send, mcpReq.signal);
    });

  // All but the last event by notifications, and that one by the result.
  tool("list", async (send) => {
    for (const event of list.slice(0, -1)) {
      if (Number(event.id) >= HELD) await released;
      await send(event);
    }
    return result(JSON.stringify(list.at(-1)));
  });

  // One notification, and no more until nobody wants the result.
  tool("wait", async (send, signal) => {
    signal.addEventListener("abort", cancelled);
    await send({ id: "1", event: "waiting", data: "" });
    await cancellation;
    return result("cancelled");
  });

  // The result comes when `wait` has been cancelled.
  tool("waited", async () => {
    await cancellation;
    return result("cancelled");
  });
  return server;
}

serve(toNodeHandler(createMcpHandler(makeServer, { legacy: "reject", responseMode: "sse", keepAliveMs: 50 })));
