"""Serves one agent with LLAMPHouse: it asks for as many tool calls as the message says, then answers.

python docs/results/servers/llamphouse_agents.py 4021
"""

import re
import sys
import uuid

from llamphouse.core import LLAMPHouse
from llamphouse.core.assistant import Agent
from llamphouse.core.context import Context
from llamphouse.core.types.run_step import ToolCallsStepDetails

#: How many calls the suite asks for: the longest number word or figure in the message, one without any.
NUMBERS = {"one": 1, "two": 2, "three": 3}


class Asking(Agent):
    """Asks for tool outputs once, by the library's own way."""

    async def run(self, context: Context) -> None:
        """Insert one step with all calls; the run then waits."""
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


LLAMPHouse(agents=[Asking(id="asking", model="none")]).ignite(host="127.0.0.1", port=int(sys.argv[1]))
