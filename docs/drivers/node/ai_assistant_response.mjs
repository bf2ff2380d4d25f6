/* Submits tool outputs as a route with AssistantResponse of the `ai` package from npm does, with the `openai` package.

    conformance client [--persistent] -k streamed -- node ai_assistant_response.mjs

`forwardStream` takes each stream of the `openai` package; what it writes for the browser is read as `useAssistant` does. A
failure is an error that reaches the browser. */

import { processAssistantStream } from "@ai-sdk/ui-utils";
import { AssistantResponse } from "ai";
import OpenAI from "openai";
import { play } from "./play.mjs";

/** Answers every round of the run, and says what the user of the page is told. */
async function converse(given) {
  const outputs = JSON.parse(given.CONFORMANCE_TOOL_OUTPUTS);
  const thread = given.CONFORMANCE_THREAD_ID;
  const { runs } = new OpenAI({ baseURL: given.OPENAI_BASE_URL, apiKey: given.OPENAI_API_KEY }).beta.threads;
  let run = await runs.retrieve(thread, given.CONFORMANCE_RUN_ID);
  const answer = AssistantResponse({ threadId: thread, messageId: "msg_user" }, async ({ forwardStream }) => {
    while (run?.status === "requires_action") {
      const calls = run.required_action.submit_tool_outputs.tool_calls;
      const tool_outputs = calls.map((call) => ({ tool_call_id: call.id, output: outputs[call.id] }));
      run = await forwardStream(runs.submitToolOutputsStream(thread, run.id, { tool_outputs }));
    }
  });
  let text = "";
  await processAssistantStream({
    stream: answer.body,
    onTextPart: (part) => (text += part),
    onErrorPart(part) {
      throw new Error(part);
    },
  });
  return { status: run?.status, text };
}

await play(converse);
