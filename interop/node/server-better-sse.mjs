// The npm package better-sse, its serializer as it is by default: JSON.
import { createSession } from "better-sse";
import { behind, serve } from "./serve.mjs";

serve(async (request, response) => {
  const session = await createSession(request, response, { retry: 50 });
  for await (const { id, event, data } of behind(session.lastId || undefined)) {
    if (!session.isConnected) return;
    session.push(data, event, id);
  }
});
