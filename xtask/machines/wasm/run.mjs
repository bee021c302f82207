// Checks every vector in the module that is named; exit code 1 if one fails.
import { readFile } from "node:fs/promises";

const module = await readFile(process.argv[2]);
const { instance } = await WebAssembly.instantiate(module);
const { cases, check, name, name_len, memory } = instance.exports;

const count = cases();
let runs = 0;
let failed = 0;
for (let index = 0; index < count; index += 1) {
  const decoded = check(index);
  runs += decoded;
  if (decoded === 0) {
    failed += 1;
    console.log(new TextDecoder().decode(new Uint8Array(memory.buffer, name(index), name_len(index))), failed);
  }
}
console.log(`module ${module.byteLength}\ncases ${count}\nruns ${runs}\nfailed ${failed}`);
process.exitCode = count > 0 && failed === 0 ? 0 : 1;
