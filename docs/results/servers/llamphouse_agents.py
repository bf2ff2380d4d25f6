"""Serves one agent with LLAMPHouse: it asks for as many tool calls as the message says, then answers.

python docs/results/servers/llamphouse_agents.py 4021
"""

import asyncio
import re
import sys
import uuid

from llamphouse.core import LLAMPHouse
from llamphouse.core.assistant import Agent
from llamphouse.core.context import Context
from llamphouse.core.types.run_step import ToolCallsStepDetails

#: How many calls the suite asks for: the largest number word in the message, one without any.
NUMBERS = {"one": 1, "two": 2, "three": 3}


class Asking(Agent):
    """Asks for tool outputs once, by the library's own way, and answers when they are there.

    A run of which `run` returns is completed by the worker, whatever it waits for: so this one returns last.
    """

    async def run(self, context: Context) -> None:
        """Insert one step with all calls, wait until they are answered, and say so."""
        said = str(context.messages)
        wanted = max((number for word, number in NUMBERS.items() if re.search(rf"\b{word}\b", said)), default=1)
        calls = [
            {
                "id": f"call_{uuid.uuid4().hex[:24]}",
                "type": "function",
                "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
            }
            for _ in range(wanted)
        ]
        await context.insert_tool_calls_step(ToolCallsStepDetails(type="tool_calls", tool_calls=calls))
        while await self.waits(context):
            await asyncio.sleep(0.05)
        await context.insert_message("It is 18 degrees in Paris.")

    async def waits(self, context: Context) -> bool:
        """Whether the run still waits for outputs."""
        run = await context.data_store.get_run_by_id(context.thread_id, context.run_id)
        return run is not None and run.status == "requires_action"


LLAMPHouse(agents=[Asking(id="asking", model="none")]).ignite(host="127.0.0.1", port=int(sys.argv[1]))
