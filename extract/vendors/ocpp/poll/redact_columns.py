"""Redact messages in columns.

Nearly all messages of a log differ in numbers and times alone. So each body is first reduced to its
form (every number and time replaced by the widest of its kind); a form is judged once, and if all
of it may be kept, so may every body of that form, as it came. The others are redacted one by one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.vendors.ocpp.poll.redact import RedactError, Redactor
from extract.vendors.ocpp.poll.redaction.kinds import NUMBER, TIME, WIDEST

_FORMS: Final = (
    (rf'"\s*:\s*"{NUMBER}"', f'":"{WIDEST["numeric text"]}"'),
    (r'"\s*:\s*-?\d{1,15}(?:\.\d{1,17})?\s*([,}])', f'":{WIDEST["number"]}\\1'),
    (rf'"\s*:\s*"{TIME}"', f'":"{WIDEST["time"]}"'),
)
_MOST_FORMS: Final = 5_000  # that are remembered
_LONGEST_FORM: Final = 10_000  # characters
_ID: Final = r"^[\w.:/+=-]{1,64}$"


class ColumnRedactor:
    """Redacts batch after batch; remembers of each form whether all of it may be kept."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._harmless: dict[tuple[int, str | None, str], bool] = {}

    def actions(self, actions: pa.Array) -> pa.Array:
        """Names of actions; pseudonyms of those that are unknown."""
        encoded = actions.dictionary_encode()
        names = [name and self._redactor.action(name) for name in encoded.dictionary.to_pylist()]
        return pa.DictionaryArray.from_arrays(
            encoded.indices, pa.array(names, pa.string())
        ).dictionary_decode()

    def ids(self, ids: pa.Array) -> pa.Array:
        """Message ids; pseudonyms of those that have not the form of an id."""
        other = pc.invert(pc.match_substring_regex(ids, _ID))
        if not pc.any(other).as_py():
            return ids
        made = [self._redactor.text(text) for text in ids.filter(other).to_pylist()]
        return pc.replace_with_mask(ids, other, pa.array(made, pa.string()))

    def bodies(
        self, types: pa.Array, actions: pa.Array, bodies: pa.Array
    ) -> tuple[pa.Array, dict[int, str]]:
        """The bodies, and the rows of which nothing can be kept, with the reason."""
        rows = np.flatnonzero(~self._are_harmless(types, actions, bodies))
        if not len(rows):
            return bodies, {}
        chosen = (column.take(pa.array(rows)).to_pylist() for column in (types, actions, bodies))
        texts, wrong = [], {}
        for row, message_type, action, body in zip(rows.tolist(), *chosen, strict=True):
            try:
                texts.append(self._redactor.body(message_type, action, body))
            except RedactError as error:
                texts.append("")
                wrong[row] = str(error)
        mask = np.zeros(len(bodies), bool)
        mask[rows] = True
        return pc.replace_with_mask(bodies, pa.array(mask), pa.array(texts, pa.string())), wrong

    def _are_harmless(self, types: pa.Array, actions: pa.Array, bodies: pa.Array) -> np.ndarray:
        """Whether each body may be kept as it came."""
        forms = bodies
        for pattern, widest in _FORMS:
            forms = pc.replace_substring_regex(forms, pattern, widest)
        shapes = forms.dictionary_encode()
        names = actions.dictionary_encode("encode")
        numbers = names.indices.to_numpy() * 8 + np.clip(types.to_numpy(), 0, 7)
        keys = shapes.indices.to_numpy().astype(np.int64) << 32 | numbers
        unique, where = np.unique(keys, return_inverse=True)
        named, bodies_of = names.dictionary.to_pylist(), shapes.dictionary
        judged = [
            self._is_harmless(int(key & 7), named[(key & 0xFFFFFFFF) >> 3], bodies_of[key >> 32])
            for key in unique.tolist()
        ]
        return np.array(judged, bool)[where]

    def _is_harmless(self, message_type: int, action: str | None, form: pa.StringScalar) -> bool:
        key = message_type, action, form.as_py()
        known = self._harmless.get(key)
        if known is None:
            try:
                known = self._redactor.body(*key) == key[2]
            except RedactError:
                known = False
            if len(self._harmless) >= _MOST_FORMS:
                self._harmless.clear()
            if len(key[2]) <= _LONGEST_FORM:
                self._harmless[key] = known
        return known
