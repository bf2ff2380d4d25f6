// Sends requests one after the other while Polly.js or nock records them; writes what was recorded.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const [recorder, jobsFile, out] = process.argv.slice(2);

function send(base, { method, target, headers, body }) {
  return new Promise((resolve, reject) => {
    const asked = http.request(base + target, { method, headers }, (answer) => {
      answer.on("data", () => {});
      answer.on("end", resolve);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

async function withNock(job) {
  const nock = (await import(require.resolve("nock"))).default;
  nock.recorder.rec({ output_objects: true, dont_print: true, enable_reqheaders_recording: true });
  for (const each of job.requests) await send(job.base, each);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const calls = nock.recorder.play();
  nock.restore();
  nock.recorder.clear();
  nock.activate();
  return JSON.stringify(calls);
}

async function withPolly(job) {
  const { Polly } = require("@pollyjs/core");
  Polly.register(require("@pollyjs/adapter-node-http"));
  Polly.register(require("@pollyjs/persister-fs"));
  const folder = join(out, "polly", job.name);
  mkdirSync(folder, { recursive: true });
  const polly = new Polly(job.name, {
    adapters: ["node-http"],
    persister: "fs",
    persisterOptions: { fs: { recordingsDir: folder } },
    mode: "record",
    logLevel: "silent",
    recordFailedRequests: true,
    flushRequestsOnStop: true,
  });
  for (const each of job.requests) await send(job.base, each);
  await polly.stop();
  return readFileSync(join(folder, readdirSync(folder)[0], "recording.har"), "utf8");
}

for (const job of JSON.parse(readFileSync(jobsFile, "utf8"))) {
  writeFileSync(join(out, `${job.name}.json`), await (recorder === "nock" ? withNock(job) : withPolly(job)));
}
