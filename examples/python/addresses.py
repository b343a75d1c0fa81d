"""Where Eddyline is: the environment first, then the local stack whose .eddyline/stack.json is found upward from here."""

import json
import os
import pathlib
import sys

VARIABLES = {
    "kafkaBrokers": "KAFKA_BROKERS",
    "schemaRegistryUrl": "SCHEMA_REGISTRY_URL",
    "clickhouseAnalystUrl": "CLICKHOUSE_ANALYST_URL",
}


def address(part: str) -> str:
    """Address of a part, by its name in stack.json; ends the program when there is none."""
    if value := os.environ.get(VARIABLES[part]):
        return value
    for folder in (pathlib.Path.cwd(), *pathlib.Path.cwd().parents):
        stack = folder / ".eddyline" / "stack.json"
        if stack.exists():
            return json.loads(stack.read_text())[part]
    sys.exit(f"No address for {part}: start the local stack (npm run stack), or set {VARIABLES[part]}.")
