// A server that compresses what it sends, and flushes the compressor behind each event.
import { constants, createGzip } from "node:zlib";
import { behind, serve } from "./serve.mjs";

serve(async (request, response) => {
  response.writeHead(200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "Content-Encoding": "gzip",
    "Vary": "Accept-Encoding",
  });
  if (!/\bgzip\b/.test(request.headers["accept-encoding"])) throw new Error("the client does not take gzip");
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
  gzip.pipe(response);
  gzip.write("retry: 50\n");
  for await (const { id, event, data } of behind(request.headers["last-event-id"])) {
    if (response.closed) return;
    const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
    await new Promise((written) => gzip.write(`id: ${id}\nevent: ${event}\n${lines.join("")}\n`, written));
  }
});
