"""Alerts: one message when something starts to need a person, one when nothing does any more.

`WATTSTAR_ALERT_URL` is a webhook that takes `{"text": …}` as JSON (Slack, Teams and others do);
`WATTSTAR_ALERT_EMAIL` gets a mail through `WATTSTAR_SMTP_URL` (`smtp://user:password@host:587`,
`smtps://…`; in Airflow the connection `smtp_default`). A message names kinds of problems, sources
and counts, and what to type; no value of any record.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import requests

from extract.lake.files import Lake
from extract.lake.state import StateFile
from extract.settings import Settings
from extract.steps.health import Problem

STATE = "progress/alert.json"
TIMEOUT = 20.0  # seconds, for the webhook and for the mail server
MOST_LINES = 20

MEANINGS = {
    "late": "nothing has landed for a while",
    "clock": "answers are dated in the future",
    "failed_scope": "scopes were not answered as they should be",
    "missing_scopes": "scopes are no longer answered for",
    "poll_failed": "the poll failed",
    "refused_file": "files of the inbox were refused",
    "quarantined_partition": "the partition is quarantined",
    "quarantined_records": "records could not be read",
    "not_loaded": "partitions wait to be loaded",
    "not_built": "partitions wait to be built",
    "step_failed": "the step failed",
    "daily_run": "the daily run is not done",
    "disk": "the disk is nearly full",
    "warehouse": "the warehouse cannot be reached",
    "task_failed": "the task failed in Airflow",
}

logger = logging.getLogger("wattstar")


def tell(settings: Settings, problems: Sequence[Problem]) -> bool:
    """Send a message when something starts to need a person, and when nothing does any more;
    returns whether one was sent. A message that cannot be sent is logged as an error; the next call
    tries again."""
    if not settings.alert_url and not settings.alert_email:
        return False
    state = StateFile(Lake(settings.lake_url), STATE)
    if bool(problems) == bool(state.read().get("is_red")):
        return False
    subject, text = message(problems)
    sent = []
    if settings.alert_url:
        sent.append(_sent("WATTSTAR_ALERT_URL", lambda: _post(settings, f"{subject}\n{text}")))
    if settings.alert_email:
        sent.append(_sent("WATTSTAR_ALERT_EMAIL", lambda: _mail(settings, subject, text)))
    if any(sent):
        state.write({"is_red": bool(problems)})
    return any(sent)


def message(problems: Sequence[Problem]) -> tuple[str, str]:
    """Subject and text: kinds of problems, places and counts, and what to type."""
    if not problems:
        return "Wattstar: all is well again", "Nothing needs you any more."
    counts: dict[tuple[str, str], int] = {}
    for problem in problems:
        key = problem.kind, problem.where
        counts[key] = counts.get(key, 0) + problem.count
    lines = [
        f"- {where}: {MEANINGS[kind]}" + (f" ({count:,})" if count > 1 else "")
        for (kind, where), count in counts.items()
    ]
    more = len(lines) - MOST_LINES
    lines = lines[:MOST_LINES] + ([f"- and {more} more"] if more > 0 else [])
    steps = list(dict.fromkeys(problem.do for problem in problems))[:MOST_LINES]
    todo = ["", "Next:", *(f"    {step}" for step in steps), "    wattstar status"]
    return "Wattstar: something needs you", "\n".join(lines + todo)


def _sent(way: str, send: Callable[[], None]) -> bool:
    try:
        send()
    except (requests.RequestException, smtplib.SMTPException, OSError) as error:
        # Not the error's text: it may hold the address with its token.
        logger.error("the alert could not be sent to %s: %s", way, type(error).__name__)  # noqa: TRY400
        return False
    return True


def _post(settings: Settings, text: str) -> None:
    url = settings.alert_url.get_secret_value() if settings.alert_url else ""
    answer = requests.post(url, json={"text": text}, timeout=TIMEOUT, allow_redirects=False)
    if not answer.ok:
        raise requests.HTTPError(f"HTTP {answer.status_code}")


def _mail(settings: Settings, subject: str, text: str) -> None:
    place = urlsplit(settings.smtp_url.get_secret_value() if settings.smtp_url else "smtp://")
    mail = EmailMessage()
    mail["Subject"], mail["To"] = subject, settings.alert_email
    mail["From"] = settings.alert_from or settings.alert_email
    mail.set_content(text)
    host, port = place.hostname or "127.0.0.1", place.port
    context = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT, context=context)
        if place.scheme == "smtps"
        else smtplib.SMTP(host, port or 25, timeout=TIMEOUT)
    ) as server:
        if place.scheme != "smtps" and place.username:
            server.starttls(context=context)
        if place.username:
            server.login(unquote(place.username), unquote(place.password or ""))
        server.send_message(mail)
