// Reads an export with a decoder of its own and prints every case whose events are not those that are expected.
import { readFileSync } from "node:fs";
import { join } from "node:path";

// HTML Standard, 9.2.6, over pieces of any size.
function decoder() {
  const utf8 = new TextDecoder("utf-8");
  const events = [];
  let line = "";
  let afterCr = false;
  let event = "";
  let data = null;
  const end = () => {
    if (line === "") {
      if (data !== null) events.push([event || "message", data]);
      event = "";
      data = null;
    } else if (!line.startsWith(":")) {
      const colon = line.indexOf(":");
      const name = colon < 0 ? line : line.slice(0, colon);
      let value = colon < 0 ? "" : line.slice(colon + 1);
      if (value.startsWith(" ")) value = value.slice(1);
      if (name === "event") event = value;
      if (name === "data") data = data === null ? value : `${data}\n${value}`;
    }
    line = "";
  };
  const take = (text) => {
    for (const part of text.split(/(\r\n|\r|\n)/)) {
      if (part === "") continue;
      if (part === "\n" && afterCr) {
        afterCr = false;
        continue;
      }
      afterCr = part === "\r";
      if (part === "\r\n" || part === "\r" || part === "\n") end();
      else line += part;
    }
  };
  return { feed: (piece) => take(utf8.decode(piece, { stream: true })), close: () => (take(utf8.decode()), events) };
}

function pieces(bytes, cut) {
  const at = cut.at ?? Array.from({ length: Math.ceil(bytes.length / cut.every) }, (_, n) => n * cut.every).slice(1);
  const ends = [0, ...at, bytes.length];
  return ends.slice(1).map((end, n) => bytes.subarray(ends[n], end));
}

const folder = process.argv[2];
const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
let read = 0;
for (const each of index.cases) {
  const bytes = readFileSync(join(folder, each.stream));
  const expected = JSON.parse(readFileSync(join(folder, each.expected), "utf8"));
  const wanted = JSON.stringify(expected.events.map(({ event, data }) => [event, data]));
  for (const cut of expected.cuts) {
    const one = decoder();
    for (const piece of pieces(bytes, cut)) one.feed(piece);
    if (JSON.stringify(one.close()) !== wanted) console.log(`${each.id}: other events when cut ${cut.name}`);
    read += 1;
  }
}
console.log(`${index.cases.length} streams, ${read} times`);
