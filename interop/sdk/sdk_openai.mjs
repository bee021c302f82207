// The official `openai` package of npm, pointed at our server: `node sdk_openai.mjs BASE_URL`.

import assert from "node:assert/strict";

import OpenAI, { APIError } from "openai";
import { VERSION } from "openai/version";

// Whatever it complains about is an error.
const complain = (...words) => assert.fail(`it complains: ${words.join(" ")}`);
for (const level of ["warn", "error"]) {
  console[level] = complain;
}
process.on("warning", (warning) => complain(warning.message));

// Text that a client which cuts events wrongly would lose: line ends of every kind, and what looks like a field.
const QUESTION =
  'Grüße an die "Welt" 🦀,\ndata: [DONE]\r\n\revent: error\n\n  two spaces, a tab\t, a \\ and' +
  " separators \u2028 of lines \u2029 and \x85 others \x0b\x0c \u0000 end";
const messages = [{ role: "user", content: QUESTION }];

const client = new OpenAI({ baseURL: `${process.argv[2]}/v1`, apiKey: "none", maxRetries: 0, timeout: 20_000 });

async function completion(model) {
  const answer = { text: "", reasons: [], usage: null };
  for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
    for (const choice of chunk.choices) {
      answer.text += choice.delta.content ?? "";
      answer.reasons.push(...[choice.finish_reason ?? []].flat());
    }
    answer.usage = chunk.usage ?? answer.usage;
  }
  return answer;
}

const answer = await completion("echo");
assert.deepEqual([answer.text, answer.reasons, answer.usage.total_tokens], [QUESTION, ["stop"], 7]);

// The helper that adds up by itself.
const whole = await client.chat.completions.stream({ model: "echo", messages }).finalChatCompletion();
assert.deepEqual([whole.choices[0].message.content, whole.choices[0].finish_reason], [QUESTION, "stop"]);

const events = [];
for await (const event of await client.responses.create({ model: "echo", input: QUESTION, stream: true })) {
  events.push(event);
}
assert.deepEqual(events.map((event) => event.sequence_number), [...events.keys()]);
const deltas = events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta);
assert.equal(deltas.join(""), QUESTION);
assert(deltas.length > 5);
assert.equal(events.at(-1).type, "response.completed");
assert.equal((await client.responses.stream({ model: "echo", input: QUESTION }).finalResponse()).output_text, QUESTION);

// A failure in the middle is one here too.
await assert.rejects(completion("unlucky"), (error) => error instanceof APIError && /out of luck/.test(error.message));

// Leaving early leaves the client usable.
for await (const _ of await client.chat.completions.create({ model: "echo", messages, stream: true })) {
  break;
}
assert.equal((await completion("echo")).text, QUESTION);

console.log(`openai ${VERSION} (npm)`);
