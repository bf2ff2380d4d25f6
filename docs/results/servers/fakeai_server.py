"""Serves FakeAI whose chance is taken out: a run with a function asks for its output always, not in three of ten.

python docs/results/servers/fakeai_server.py 4022
"""

import random
import sys

import uvicorn
from fakeai.app import app

random.random = lambda: 0.0
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
