/* Submits tool outputs with the `openai` package from npm, 4.x to 7.x.

    conformance client [--persistent] -- node docs/drivers/openai_node.mjs [plain|poll] [stream|helper]

`plain` or `poll` says how outputs are submitted where no stream is asked for, `stream` (iterate over it) or `helper`
(AssistantStream) where one is. The client retries as it does by default. A failure is what it throws, or an error event
that it hands over. */

import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import OpenAI from "openai";
import { VERSION } from "openai/version";

const words = process.argv.slice(2);

const textOf = (messages) =>
  messages.flatMap((message) => message.content).map((part) => (part.type === "text" ? part.text.value : "")).join("");

/** Calls a method of `runs`; before version 5 thread and run came first. */
const call = (runs, method, run_id, { thread_id, ...asked }) =>
  parseInt(VERSION) < 5 ? runs[method](thread_id, run_id, asked) : runs[method](run_id, { thread_id, ...asked });

/** The ways to submit one round's outputs of a run; each gives the run as it was told last, and the text of its answer. */
const WAYS = {
  async plain(runs, run_id, asked) {
    const run = await call(runs, "submitToolOutputs", run_id, asked);
    return [await call(runs, "poll", run.id, { thread_id: asked.thread_id })];
  },
  async poll(runs, run_id, asked) {
    return [await call(runs, "submitToolOutputsAndPoll", run_id, asked)];
  },
  async helper(runs, run_id, asked) {
    let text = "";
    const stream = call(runs, "submitToolOutputsStream", run_id, asked);
    stream.on("textDelta", (delta) => (text += delta.value ?? ""));
    return [await stream.finalRun(), text];
  },
  async stream(runs, run_id, asked) {
    let run;
    let text = "";
    for await (const { event, data } of await call(runs, "submitToolOutputs", run_id, { ...asked, stream: true })) {
      if (event === "error") throw new Error(data.message);
      if (event?.startsWith("thread.run.") && !event.includes(".step.")) run = data;
      if (event === "thread.message.delta") text += textOf([data.delta]);
    }
    return [run, text];
  },
};

/** Answers every round of the run, and says what the user of the package is told. */
async function converse(given) {
  const streamed = given.CONFORMANCE_STREAM === "true";
  const way = streamed ? (words.includes("stream") ? "stream" : "helper") : words.includes("plain") ? "plain" : "poll";
  const outputs = JSON.parse(given.CONFORMANCE_TOOL_OUTPUTS);
  const thread_id = given.CONFORMANCE_THREAD_ID;
  const run_id = given.CONFORMANCE_RUN_ID;
  const client = new OpenAI({ baseURL: given.OPENAI_BASE_URL, apiKey: given.OPENAI_API_KEY });
  const { runs, messages } = client.beta.threads;
  let run = await call(runs, "retrieve", run_id, { thread_id });
  let text;
  while (run?.status === "requires_action") {
    const calls = run.required_action.submit_tool_outputs.tool_calls;
    const tool_outputs = calls.map((call) => ({ tool_call_id: call.id, output: outputs[call.id] }));
    [run, text] = await WAYS[way](runs, run_id, { thread_id, tool_outputs });
  }
  if (text === undefined && run.status === "completed")
    text = textOf((await messages.list(thread_id, { run_id, limit: 1 })).data);
  return { status: run?.status, text };
}

async function outcome(given) {
  const said = await converse(given).catch((thrown) => ({ error: String(thrown) }));
  console.log(said);
  return said;
}

if (process.env.CONFORMANCE_PERSISTENT) {
  for await (const line of createInterface({ input: process.stdin })) {
    const said = await outcome(JSON.parse(line));
    console.log(JSON.stringify({ exit: "error" in said ? 1 : 0, ...said }));
  }
} else {
  const said = await outcome(process.env);
  process.exitCode = "error" in said ? 1 : 0;
  if (process.env.CONFORMANCE_OUTCOME) writeFileSync(process.env.CONFORMANCE_OUTCOME, JSON.stringify(said));
}
