"""### Charge Amps: change the settings of a connector

A form, and off until somebody turns it on: charge point, connector, what is to be changed, and why.
It has no schedule, and a run that no person has triggered is refused. `look` shows in its log what
would change; `change` sends it, reads it back, and fails if the charger did not take it. Who, what
and why is recorded in the lake and in `connector_settings`, also of a change that failed. A
change that was taken triggers the DAG `warehouse`; the others are loaded with the next poll.

- **`look` is red**: the form asks for something that cannot be (the limit is 0, or 6 to 32 A; the
  text says what), the settings cannot be read (404: there is no such connector), or Charge Amps
  refuses the login. Nothing has been changed.
- **`change` is red**: its log says why. *ignored*: the charger still has its old settings;
  *altered*: it has other settings than those sent; *refused* or *could not be read back*: look at
  the charger. The change is not tried again by itself; trigger the DAG again to do so.

A car took 45 to 55 % of the limit and stopped below about 6 A: a limit below 12 A may end charging.

**Who may.** Airflow's simple auth manager (which `wattstar up` and the compose file use) has roles
for all DAGs together: a `viewer` sees this one and cannot trigger it, a `user`, `op` or `admin`
can. To let only some of those who may trigger polls also change chargers, use the FAB auth manager:
there the role `Op` is given this DAG by `access_control`, and the default role `User`, which may
trigger any DAG, is to be replaced by one that names the DAGs it may.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException
from wattstar_common import DEFAULTS, lake, settings

from extract.results import as_dict

LEAVE = {"default": "leave", "type": "string"}
LOCK = {**LEAVE, "enum": ["leave", "on", "off"]}


@dag(
    schedule=None,
    catchup=False,
    is_paused_upon_creation=True,
    max_active_runs=1,
    default_args=DEFAULTS,
    access_control={
        "Op": {"DAGs": {"can_read", "can_edit"}, "DAG Runs": {"can_read", "can_create"}}
    },
    params={
        "charge_point": Param(type="string", minLength=1, description="The charge point's id."),
        "connector": Param(default=1, type="integer", minimum=1, description="Its number."),
        "max_current": Param(
            default=None,
            type=["null", "number"],
            minimum=0,
            maximum=32,
            description="The limit in A per phase: 0, or 6 to 32; empty: leave it.",
        ),
        "mode": Param(**LEAVE, enum=["leave", "on", "off", "schedule"], description="When."),
        "rfid_lock": Param(**LOCK, description="Charging only with a tag."),
        "cable_lock": Param(**LOCK, description="The cable stays locked to the charger."),
        "reason": Param(type="string", minLength=3, description="Why. It is recorded."),
    },
    tags=["wattstar", "control", "chargeamps"],
    doc_md=__doc__,
)
def chargeamps_control() -> None:
    """Show what would change, and then change it."""

    @task(doc_md="Checks the form and shows what would change. Changes nothing.")
    def look(params: dict | None = None, dag_run: Any = None) -> list[str]:
        from extract.errors import WattstarError

        shown: list[str] = []
        try:
            made = _control(params or {}, dag_run, lambda changes: shown.extend(map(str, changes)))
        except WattstarError as error:
            raise AirflowFailException(str(error)) from None
        shown = shown or [made.text]
        for line in shown:
            print(line)
        return shown

    @task(
        pool="chargeamps",
        retries=0,
        outlets=[lake("chargeamps")],
        execution_timeout=timedelta(minutes=10),
        doc_md="Sends the change, reads it back, and fails if the charger did not take it.",
    )
    def change(params: dict | None = None, dag_run: Any = None) -> dict:
        made = _control(params or {}, dag_run, lambda changes: True)
        print(made.text)
        if not made.ok:
            raise AirflowFailException(made.text)
        return as_dict(made)

    look() >> change()


def _control(params: dict, dag_run: Any, agree: Any) -> Any:
    """Do what `wattstar control` does, in the name of the person who filled in the form."""
    from extract.steps import control

    who = dag_run.triggering_user_name
    if dag_run.run_type != "manual" or not who:
        raise AirflowFailException(
            "this run was not triggered by a person; only a person may change settings"
        )
    locks = {"on": True, "off": False}
    wanted = control.wanted(
        "chargeamps",
        mode=None if params["mode"] == "leave" else params["mode"],
        max_current=params["max_current"],
        rfid_lock=locks.get(params["rfid_lock"]),
        cable_lock=locks.get(params["cable_lock"]),
    )
    for warning in wanted.warnings():
        print(f"warning: {warning}")
    where = "chargeamps", params["charge_point"], params["connector"]
    return control.control(settings(), *where, wanted, by=who, reason=params["reason"], agree=agree)


chargeamps_control()
