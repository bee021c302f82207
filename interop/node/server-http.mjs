// Plain `http`: a head, `retry`, then `id`, `event` and `data` lines.
import { behind, serve } from "./serve.mjs";

serve(async (request, response) => {
  response.writeHead(200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "Connection": "keep-alive",
  });
  response.write("retry: 50\n");
  for await (const { id, event, data } of behind(request.headers["last-event-id"])) {
    if (response.closed) return;
    const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
    response.write(`id: ${id}\nevent: ${event}\n${lines.join("")}\n`);
  }
});
