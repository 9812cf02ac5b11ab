"""The vendors' APIs on loopback, from synthetic fleets with a movable clock and faults.

`create_app` makes the FastAPI app, `serve` runs it until stopped, `running` runs it in a child
process for as long as a `with` block lasts. Every vendor lives under its own prefix
(`/chargecloud/{city}`), the controls under `/sandbox`.
"""

from extract.sandbox.app import create_app
from extract.sandbox.faults import Fault
from extract.sandbox.options import Options
from extract.sandbox.server import Sandbox, running, serve

__all__ = ["Fault", "Options", "Sandbox", "create_app", "running", "serve"]
