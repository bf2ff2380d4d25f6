"""`python -m conformance.tests.bench.peak COMMAND …`: runs a command and prints the bytes it held at its peak.

A process of its own, because a child is first counted with the memory of the parent it was started from.
"""

from __future__ import annotations

import resource
import subprocess
import sys

#: Linux counts `ru_maxrss` in kilobytes, macOS in bytes.
_UNIT = 1 if sys.platform == "darwin" else 1024

#: Exit codes of a command that judged everything it could.
_JUDGED = (0, 2)

if __name__ == "__main__":
    code = subprocess.run(sys.argv[1:], check=False, stdout=subprocess.DEVNULL).returncode
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _UNIT)
    sys.exit(0 if code in _JUDGED else code)
