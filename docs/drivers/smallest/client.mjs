/* Submits tool outputs with what Node has built in (run with 20).

conformance client -- node docs/drivers/smallest/client.mjs
conformance client --persistent -- node docs/drivers/smallest/client.mjs */

import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const MOVING = new Set(["queued", "in_progress", "cancelling"]);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const textOf = (parts) => parts.map((part) => (part.type === "text" ? (part.text.value ?? "") : "")).join("");

/** Name and data of each event; lines end in LF, CR or both, and TextDecoder takes the byte order mark away. */
async function* events(body) {
  const decoder = new TextDecoder();
  let [buffer, name, data] = ["", "", []];
  for await (const piece of body) {
    buffer += decoder.decode(piece, { stream: true });
    const held = buffer.endsWith("\r") ? 1 : 0; // it may be half of a CRLF
    const lines = buffer.slice(0, buffer.length - held).split(/\r\n|\n|\r/);
    buffer = lines.pop() + buffer.slice(buffer.length - held);
    for (const line of lines) {
      const [, field, value] = /^([^:]*):? ?([^]*)$/.exec(line);
      if (line === "") {
        if (data.length) yield [name, data.join("\n")];
        [name, data] = ["", []];
      } else if (field === "event") name = value;
      else if (field === "data") data.push(value);
    }
  }
}

/** The run and the text of a stream. Throws where it breaks off. */
async function listen(body) {
  let [run, text] = [undefined, ""];
  for await (const [name, data] of events(body)) {
    if (data === "[DONE]") return [run, text];
    if (name === "error") throw new Error(data);
    if (name === "thread.message.delta") text += textOf(JSON.parse(data).delta.content);
    else if (name.startsWith("thread.run.") && !name.startsWith("thread.run.step.")) run = JSON.parse(data);
  }
  if (run === undefined || MOVING.has(run.status)) throw new Error("the stream ended before the run did");
  return [run, text];
}

/** Answers every round of the run, and says what became of it. */
async function drive(given) {
  const thread = `${given.OPENAI_BASE_URL}/threads/${given.CONFORMANCE_THREAD_ID}`;
  const path = `${thread}/runs/${given.CONFORMANCE_RUN_ID}`;
  const headers = {
    Authorization: `Bearer ${given.OPENAI_API_KEY}`,
    "Content-Type": "application/json",
    "OpenAI-Beta": "assistants=v2",
  };
  const outputs = JSON.parse(given.CONFORMANCE_TOOL_OUTPUTS);
  const streamed = given.CONFORMANCE_STREAM === "true";
  const ask = async (url, body) => {
    const answer = await fetch(url, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`answered ${answer.status}: ${await answer.text()}`);
    return answer;
  };

  let run = await (await ask(path)).json();
  let text;
  while (run.status === "requires_action") {
    const calls = run.required_action.submit_tool_outputs.tool_calls;
    const tool_outputs = calls.map((call) => ({ tool_call_id: call.id, output: outputs[call.id] }));
    const answer = await ask(`${path}/submit_tool_outputs`, streamed ? { tool_outputs, stream: true } : { tool_outputs });
    const type = answer.headers.get("content-type") ?? "";
    if (streamed && !type.startsWith("text/event-stream")) throw new Error(`a stream was asked for, and ${type} came`);
    [run, text] = streamed ? await listen(answer.body) : [await answer.json()];
    while (MOVING.has(run.status)) {
      await pause(50);
      run = await (await ask(path)).json();
    }
  }
  if (text === undefined && run.status === "completed")
    text = textOf((await (await ask(`${thread}/messages?run_id=${run.id}`)).json()).data[0].content);
  return { status: run.status, text };
}

const outcome = (given) => drive(given).catch((thrown) => ({ error: String(thrown.cause ?? thrown) }));

if (process.env.CONFORMANCE_PERSISTENT) {
  for await (const line of createInterface({ input: process.stdin })) {
    const said = await outcome(JSON.parse(line));
    console.log(JSON.stringify({ exit: "error" in said ? 1 : 0, ...said }));
  }
} else {
  const said = await outcome(process.env);
  writeFileSync(process.env.CONFORMANCE_OUTCOME, JSON.stringify(said));
  process.exit("error" in said ? 1 : 0);
}
