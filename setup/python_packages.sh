#!/bin/sh
# Installs Python packages into a virtual environment, which it makes if it is not there.
#
#   setup/python_packages.sh TEXT ENVIRONMENT [ARGUMENT…]      TEXT says what is installed, ARGUMENT… is for `pip install`
#
# uv does it in a tenth of pip's time. It is taken from the index, into .venv; where it is not to be had, or fails, for
# example because only pip is configured for an index of one's own, pip does it.
set -eu

setup=$(dirname "$0")
step=$setup/step.sh
text=$1 environment=$2
shift 2
uv=.venv/bin/uv

with_pip() {
    "$step" "$text, by pip" "$environment/bin/pip" install "$@"
}

[ -x "$environment/bin/python" ] || "$step" "Making $environment" "${PYTHON:-python3}" -m venv "$environment"
if [ ! -x "$uv" ] && [ -x .venv/bin/pip ]; then
    "$step" "Installing uv" .venv/bin/pip install "$(grep '^uv' "$setup/requirements-build.txt")" ||
        echo "  uv cannot be installed; pip will do" >&2
fi
if [ ! -x "$uv" ]; then with_pip "$@"; exit; fi
# pip's settings, which uv does not read.
if [ -n "${PIP_INDEX_URL:-}" ]; then export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}"; fi
if [ -n "${PIP_FIND_LINKS:-}" ]; then export UV_FIND_LINKS="${UV_FIND_LINKS:-$PIP_FIND_LINKS}"; fi
"$step" "$text" "$uv" pip install --python "$environment/bin/python" --link-mode copy --compile-bytecode "$@" ||
    with_pip "$@"
