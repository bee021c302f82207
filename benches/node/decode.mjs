// node decode.mjs FILE LENGTH: decodes the file in chunks of that length, as they would arrive, from bytes.
// Prints the median nanoseconds of a pass and what was handed out: events, bytes of data, types and ids.
import { readFileSync } from 'node:fs'
import { createParser } from 'eventsource-parser'

const [file, length] = process.argv.slice(2)
const bytes = readFileSync(file)
const chunks = []
for (let at = 0; at < bytes.length; at += Number(length)) chunks.push(bytes.subarray(at, at + Number(length)))

const pass = (onEvent) => {
  const parser = createParser({ onEvent })
  const text = new TextDecoder()
  for (const chunk of chunks) parser.feed(text.decode(chunk, { stream: true }))
}

const tally = [0, 0, 0, 0]
pass(({ event = 'message', data, id = '' }) => {
  for (const [i, n] of [1, Buffer.byteLength(data), Buffer.byteLength(event), Buffer.byteLength(id)].entries()) tally[i] += n
})

let kept = 0
const sample = (passes) => {
  const start = process.hrtime.bigint()
  for (let i = 0; i < passes; i++) pass(({ data }) => { kept += data.length })
  return Number(process.hrtime.bigint() - start) / passes
}
// The compiler is just in time: some passes before those that count.
const passes = Math.max(1, Math.round(1e7 / sample(1)))
for (let i = 0; i < 10; i++) sample(passes)
const samples = Array.from({ length: 9 }, () => sample(passes)).sort((a, b) => a - b)
console.log(samples[4], ...tally)
