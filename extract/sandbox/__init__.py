"""What the vendors' sandboxes share: the app, the clock, the faults, the server process.

Every vendor's API lives under its own prefix (`/chargecloud/{city}`), the controls under
`/sandbox`. `extract.vendors.sandboxes` runs it with all vendors.
"""

from extract.sandbox.faults import Fault
from extract.sandbox.options import Options
from extract.sandbox.server import Sandbox, SandboxError

__all__ = ["Fault", "Options", "Sandbox", "SandboxError"]
