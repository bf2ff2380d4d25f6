/* Submits tool outputs with the `openai` package from npm.

    conformance client -- node docs/drivers/openai_node.mjs [plain|poll] [stream|helper]

`plain` or `poll` says how outputs are submitted where no stream is asked for, `stream` (iterate over it) or `helper`
(AssistantStream) where one is. The client retries as it does by default. A failure is what it throws, or an error event
that it hands over. */

import { writeFileSync } from "node:fs";
import OpenAI from "openai";

const words = process.argv.slice(2);
const given = process.env;
const streamed = given.CONFORMANCE_STREAM === "true";
const way = streamed ? (words.includes("stream") ? "stream" : "helper") : words.includes("plain") ? "plain" : "poll";
const outputs = JSON.parse(given.CONFORMANCE_TOOL_OUTPUTS);
const thread_id = given.CONFORMANCE_THREAD_ID;
const run_id = given.CONFORMANCE_RUN_ID;
const client = new OpenAI();
const runs = client.beta.threads.runs;

const textOf = (messages) =>
  messages.flatMap((message) => message.content).map((part) => (part.type === "text" ? part.text.value : "")).join("");

/** The ways to submit one round's outputs; each returns the last run, and the text of its answer. */
const WAYS = {
  async plain(tool_outputs) {
    const run = await runs.submitToolOutputs(run_id, { thread_id, tool_outputs });
    return [await runs.poll(run.id, { thread_id })];
  },
  async poll(tool_outputs) {
    return [await runs.submitToolOutputsAndPoll(run_id, { thread_id, tool_outputs })];
  },
  async helper(tool_outputs) {
    let text = "";
    const stream = runs.submitToolOutputsStream(run_id, { thread_id, tool_outputs });
    stream.on("textDelta", (delta) => (text += delta.value ?? ""));
    return [await stream.finalRun(), text];
  },
  async stream(tool_outputs) {
    let run;
    let text = "";
    for await (const { event, data } of await runs.submitToolOutputs(run_id, { thread_id, tool_outputs, stream: true })) {
      if (event === "error") throw new Error(data.message);
      if (event?.startsWith("thread.run.") && !event.includes(".step.")) run = data;
      if (event === "thread.message.delta") text += textOf([data.delta]);
    }
    return [run, text];
  },
};

/** Answers every round of the run, and returns what the user of the package sees. */
async function converse() {
  let run = await runs.retrieve(run_id, { thread_id });
  let text;
  while (run?.status === "requires_action") {
    const calls = run.required_action.submit_tool_outputs.tool_calls;
    [run, text] = await WAYS[way](calls.map((call) => ({ tool_call_id: call.id, output: outputs[call.id] })));
  }
  if (text === undefined && run.status === "completed")
    text = textOf((await client.beta.threads.messages.list(thread_id, { run_id, limit: 1 })).data);
  return { status: run?.status, text };
}

const said = await converse().catch((thrown) => {
  process.exitCode = 1;
  return { error: String(thrown) };
});
console.log(said);
if (given.CONFORMANCE_OUTCOME) writeFileSync(given.CONFORMANCE_OUTCOME, JSON.stringify(said));
