/* Submits tool outputs with the `experts` package from npm, which always asks for a stream.

    conformance client -k streamed -- node experts_assistant.mjs

The package makes the assistant, the thread and the run by itself, and answers the calls with a tool. Its client, made when
it is loaded, retries as it does by default. A failure is what it throws; it gives the text of the answer. It is loaded with
require: importing it ends with "Dynamic require of "stream" is not supported". */

import { createRequire } from "node:module";
import { play } from "./play.mjs";

const { Assistant, Thread, Tool } = createRequire(import.meta.url)("experts");

const parameters = { type: "object", properties: { place: { type: "string" } }, required: ["place"] };

class TemperatureTool extends Tool {
  constructor() {
    const described = { name: "get_temperature", description: "The temperature at a place.", parameters };
    super({ name: "Temperature", llm: false, parentsTools: [{ type: "function", function: described }] });
  }

  async ask() {
    return "21";
  }
}

class WeatherAssistant extends Assistant {
  constructor() {
    super({ name: "Weather", instructions: "Answers questions about the weather.", model: "gpt-4o" });
    this.addAssistantTool(TemperatureTool);
  }
}

/** Answers every round of the run, and says what the user of the package is told. */
async function converse() {
  const assistant = await WeatherAssistant.create();
  const thread = await Thread.create();
  return { text: await assistant.ask("How warm is it in Cologne?", thread.id) };
}

await play(converse);
