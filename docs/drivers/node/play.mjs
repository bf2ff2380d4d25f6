/* Plays the scenarios of the suite with a client library: once for each start, or those that come as lines. */

import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** What the user of the library is told in one scenario, or the error that was thrown. */
async function outcome(converse, given) {
  const said = await converse(given).catch((thrown) => ({ error: String(thrown) }));
  console.log(said);
  return said;
}

/** Answers the run of each scenario with `converse`, which takes its variables and gives status and text. */
export async function play(converse) {
  if (process.env.CONFORMANCE_PERSISTENT) {
    for await (const line of createInterface({ input: process.stdin })) {
      const said = await outcome(converse, JSON.parse(line));
      console.log(JSON.stringify({ exit: "error" in said ? 1 : 0, ...said }));
    }
    return;
  }
  const said = await outcome(converse, process.env);
  process.exitCode = "error" in said ? 1 : 0;
  if (process.env.CONFORMANCE_OUTCOME) writeFileSync(process.env.CONFORMANCE_OUTCOME, JSON.stringify(said));
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
