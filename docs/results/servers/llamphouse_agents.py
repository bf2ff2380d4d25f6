"""Serves one agent with LLAMPHouse: it calls each function that the run has, as its instructions say, then answers.

python docs/results/servers/llamphouse_agents.py 4021
"""

import asyncio
import sys
import uuid

from llamphouse.core import LLAMPHouse
from llamphouse.core.assistant import Agent
from llamphouse.core.context import Context
from llamphouse.core.types.run_step import ToolCallsStepDetails

#: What the instructions of a run say that wants a second round of calls.
ONCE_MORE = "once more"


class Asking(Agent):
    """Asks for tool outputs by the library's own way, and answers when they are there.

    A run of which `run` returns is completed by the worker, whatever it waits for: so this one returns last.
    """

    async def run(self, context: Context) -> None:
        """Call all functions, in a second round the first of them, and answer."""
        names = [tool["function"]["name"] for tool in context.run.tools or []]
        await self.ask(context, names)
        if ONCE_MORE in (context.run.instructions or ""):
            await self.ask(context, names[:1])
        await context.insert_message("It is 11 degrees in Reykjavik.")

    async def ask(self, context: Context, names: list[str]) -> None:
        """Insert one step with a call of each function, and wait until they are answered."""
        calls = [
            {
                "id": f"call_{uuid.uuid4().hex[:24]}",
                "type": "function",
                "function": {"name": name, "arguments": '{"place": "Reykjavik"}'},
            }
            for name in names
        ]
        await context.insert_tool_calls_step(ToolCallsStepDetails(type="tool_calls", tool_calls=calls))
        while await self.waits(context):
            await asyncio.sleep(0.05)

    async def waits(self, context: Context) -> bool:
        """Whether the run still waits for outputs."""
        run = await context.data_store.get_run_by_id(context.thread_id, context.run_id)
        return run is not None and run.status == "requires_action"


LLAMPHouse(agents=[Asking(id="asking", model="none")]).ignite(host="127.0.0.1", port=int(sys.argv[1]))
