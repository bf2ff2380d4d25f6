/* Submits tool outputs with the `@azure/openai-assistants` package from npm, which offers no stream.

    conformance client --azure [--persistent] -k plain -- node azure_openai_assistants.mjs

The run is polled as its documentation does. The client retries as it does by default. A failure is what it throws. */

import { AssistantsClient, AzureKeyCredential } from "@azure/openai-assistants";
import { play, sleep } from "./play.mjs";

const MOVING = ["queued", "in_progress", "cancelling"];

/** Answers every round of the run, and says what the user of the package is told. */
async function converse(given) {
  const outputs = JSON.parse(given.CONFORMANCE_TOOL_OUTPUTS);
  const thread = given.CONFORMANCE_THREAD_ID;
  const key = new AzureKeyCredential(given.AZURE_OPENAI_API_KEY);
  const client = new AssistantsClient(given.AZURE_OPENAI_ENDPOINT, key, { allowInsecureConnection: true });
  let run = await client.getRun(thread, given.CONFORMANCE_RUN_ID);
  while (run.status === "requires_action") {
    const calls = run.requiredAction.submitToolOutputs.toolCalls;
    const answers = calls.map((call) => ({ toolCallId: call.id, output: outputs[call.id] }));
    run = await client.submitToolOutputsToRun(thread, run.id, answers);
    while (MOVING.includes(run.status)) {
      await sleep(50);
      run = await client.getRun(thread, run.id);
    }
  }
  if (run.status !== "completed") return { status: run.status };
  const { data } = await client.listMessages(thread, { limit: 1 });
  return { status: run.status, text: data[0].content.map((part) => part.text?.value ?? "").join("") };
}

await play(converse);
