"""The values of environment variables in a file: as salted hashes, so that no file has a secret."""

from __future__ import annotations

import hashlib
import os

from dbt.constants import DEFAULT_ENV_PLACEHOLDER

CHANGED = "\0changed"  # no value of an environment variable


def hidden(values: dict[str, str]) -> dict[str, str]:
    """The values as salted hashes, by which an equal value is recognised."""
    salt = os.urandom(16)
    return {name: f"{salt.hex()}:{hashed(salt, value)}" for name, value in values.items()}


def values_now(
    hidden_values: dict[str, str], earlier: dict[str, str] | None = None
) -> dict[str, str]:
    """Their values, where these are what they are now or were earlier; else one that none has."""
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
