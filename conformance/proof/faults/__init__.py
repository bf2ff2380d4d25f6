"""The faults, layer by layer: importing this package fills the table."""

from conformance.proof.faults import (
    body,
    content,
    ending,
    framing,
    head,
    json_text,
    meaning,
    order_messages,
    order_run,
    order_steps,
    refusals,
    schema,
    state,
)
from conformance.proof.faults.registry import FAULTS, Fault, broken

#: From the outermost layer to the innermost.
LAYERS = (
    head,
    refusals,
    body,
    framing,
    json_text,
    schema,
    meaning,
    order_run,
    order_steps,
    order_messages,
    content,
    ending,
    state,
)

__all__ = ["FAULTS", "LAYERS", "Fault", "broken"]
