/* Submits tool outputs with OpenAIAssistantRunnable of the `langchain` package from npm, which offers no stream.

    conformance client [--persistent] -k plain -- node langchain_assistant.mjs

The runnable polls by itself. Its client retries as it does by default. A failure is what it throws; it gives messages, or
the calls of the next round. */

import { OpenAIClient } from "@langchain/openai";
import { OpenAIAssistantRunnable } from "langchain/experimental/openai_assistant";
import { play } from "./play.mjs";

/** Answers every round of the run, and says what the user of the package is told. */
async function converse(given) {
  const outputs = JSON.parse(given.CONFORMANCE_TOOL_OUTPUTS);
  const threadId = given.CONFORMANCE_THREAD_ID;
  const runId = given.CONFORMANCE_RUN_ID;
  const client = new OpenAIClient({ baseURL: given.OPENAI_BASE_URL, apiKey: given.OPENAI_API_KEY });
  const assistant = new OpenAIAssistantRunnable({ client, assistantId: given.CONFORMANCE_ASSISTANT_ID });
  const run = await client.beta.threads.runs.retrieve(runId, { thread_id: threadId });
  let said = run.required_action.submit_tool_outputs.tool_calls;
  while (said[0]?.type === "function") {
    const toolOutputs = said.map((call) => ({ tool_call_id: call.id, output: outputs[call.id] }));
    said = await assistant.invoke({ threadId, runId, toolOutputs });
  }
  const newest = said[0]?.content ?? [];
  return { status: "completed", text: newest.map((part) => part.text?.value ?? "").join("") };
}

await play(converse);
