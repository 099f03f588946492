"""The values of environment variables as salted hashes, so that no file contains a secret."""

from __future__ import annotations

import hashlib
import os

from dbt.constants import DEFAULT_ENV_PLACEHOLDER

CHANGED = "\0changed"  # a mark that cannot be the value of an environment variable


def hidden(values: dict[str, str]) -> dict[str, str]:
    """The values as salted hashes. :func:`values_now` recognises an equal value by its hash."""
    salt = os.urandom(16)
    return {name: f"{salt.hex()}:{hashed(salt, value)}" for name, value in values.items()}


def values_now(
    hidden_values: dict[str, str], earlier: dict[str, str] | None = None
) -> dict[str, str]:
    """The values behind the hashes, by comparing the hashes of known values.

    Known are the current values of the environment, dbt's placeholder for a default, and the values
    in ``earlier``. A variable whose hash matches none of them gets :data:`CHANGED`.
    """
    values = {}
    for name, text in hidden_values.items():
        salt, _, digest = text.partition(":")
        candidates = [os.environ.get(name), DEFAULT_ENV_PLACEHOLDER, (earlier or {}).get(name)]
        values[name] = next(
            (
                value
                for value in candidates
                if value is not None and hashed(bytes.fromhex(salt), value) == digest
            ),
            CHANGED,
        )
    return values


def hashed(salt: bytes, value: str) -> str:
    return hashlib.blake2b(value.encode(errors="surrogateescape"), key=salt).hexdigest()
