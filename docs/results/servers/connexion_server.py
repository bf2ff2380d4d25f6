"""Serves an OpenAPI document with connexion's mocks.

python docs/results/servers/connexion_server.py openapi.json 4016
"""

import sys

import connexion
from connexion.mock import MockResolver

app = connexion.FlaskApp(__name__)
app.add_api(sys.argv[1], resolver=MockResolver(mock_all=True), strict_validation=True)
app.run(host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
