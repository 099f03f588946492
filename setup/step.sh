#!/bin/sh
# Runs a command that takes long and prints much: says what it is, every ten seconds (STEP_SECONDS) how far it is, and
# what it took.
#
#   setup/step.sh TEXT COMMAND [ARGUMENT…]     as in: setup/step.sh "Installing dbt" pip install dbt-core
#
# The command's own output is shown only if it fails. Ends with the command's exit status, and ends the command when
# it is itself interrupted.
set -u

text=$1
shift
log=$(mktemp "${TMPDIR:-/tmp}/flatmanifest-step.XXXXXX") || exit 1
command=
# Called by the traps.
# shellcheck disable=SC2317
stop() {
    [ -z "$command" ] || kill "$command" 2>/dev/null
    rm -f "$log"
    exit "$1"
}
trap 'stop 130' INT
trap 'stop 143' TERM
trap 'stop 129' HUP

begin=$(date +%s)
said=$begin
echo "$text"
"$@" >"$log" 2>&1 </dev/null &
command=$!
while kill -0 "$command" 2>/dev/null; do
    sleep 0.2
    now=$(date +%s)
    if [ $((now - said)) -ge "${STEP_SECONDS:-10}" ]; then
        said=$now
        echo "  $((now - begin)) s: $(tail -n 1 "$log" | cut -c 1-100)"
    fi
done
wait "$command"
status=$?
if [ "$status" -ne 0 ]; then
    cat "$log" >&2
    echo "$text: failed with status $status after $(($(date +%s) - begin)) s: $*" >&2
else
    echo "  done in $(($(date +%s) - begin)) s"
fi
rm -f "$log"
exit "$status"
