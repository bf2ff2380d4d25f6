/* Submits tool outputs with the `@azure/ai-agents` package from npm.

    conformance client --azure [--persistent] -- node azure_ai_agents.mjs

A stream is iterated over as its documentation does; where none is asked for the run is polled, as there too. The client
retries as it does by default. A failure is what it throws, or an error event that it hands over. It sends tokens over
HTTPS only: the last step makes that HTTP. */

import { AgentsClient, ErrorEvent, MessageStreamEvent, RunStreamEvent } from "@azure/ai-agents";
import { createDefaultHttpClient } from "@azure/core-rest-pipeline";
import { play, sleep } from "./play.mjs";

const MOVING = ["queued", "in_progress", "cancelling"];
const http = createDefaultHttpClient();
const httpClient = {
  sendRequest(request) {
    request.url = request.url.replace(/^https:/, "http:");
    request.allowInsecureConnection = true;
    return http.sendRequest(request);
  },
};

const textOf = (content) => content.map((part) => (part.type === "text" ? part.text?.value ?? "" : "")).join("");

/** Submits one round's outputs, and polls the run until it stands still. */
async function plain(client, thread, id, outputs) {
  let run = await client.runs.submitToolOutputs(thread, id, outputs);
  while (MOVING.includes(run.status)) {
    await sleep(50);
    run = await client.runs.get(thread, id);
  }
  return [run];
}

/** Submits one round's outputs, and gives the last run of the stream and the text of its messages. */
async function streamed(client, thread, id, outputs) {
  let run;
  let text = "";
  for await (const { event, data } of await client.runs.submitToolOutputs(thread, id, outputs).stream()) {
    if (event === ErrorEvent.Error) throw new Error(JSON.stringify(data));
    if (Object.values(RunStreamEvent).includes(event)) run = data;
    if (event === MessageStreamEvent.ThreadMessageDelta) text += textOf(data.delta.content);
  }
  return [run, text];
}

/** Answers every round of the run, and says what the user of the package is told. */
async function converse(given) {
  const outputs = JSON.parse(given.CONFORMANCE_TOOL_OUTPUTS);
  const thread = given.CONFORMANCE_THREAD_ID;
  const submit = given.CONFORMANCE_STREAM === "true" ? streamed : plain;
  const credential = { getToken: async () => ({ token: given.AZURE_OPENAI_API_KEY, expiresOnTimestamp: Date.now() + 3600000 }) };
  const endpoint = given.AZURE_OPENAI_ENDPOINT.replace(/^http:/, "https:");
  const client = new AgentsClient(endpoint, credential, { httpClient });
  let run = await client.runs.get(thread, given.CONFORMANCE_RUN_ID);
  let text;
  while (run?.status === "requires_action") {
    const calls = run.requiredAction.submitToolOutputs.toolCalls;
    const answers = calls.map((call) => ({ toolCallId: call.id, output: outputs[call.id] }));
    [run, text] = await submit(client, thread, run.id, answers);
  }
  if (text === undefined && run.status === "completed") {
    for await (const message of client.messages.list(thread, { runId: run.id, limit: 1 })) {
      text = textOf(message.content);
      break;
    }
  }
  return { status: run?.status, text };
}

await play(converse);
