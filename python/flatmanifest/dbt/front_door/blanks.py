"""dbt's texts, with blanks for the parts that change from command to command.

native/front/blanks.h fills the blanks. If a text is not understood, :func:`require` raises
NotRecordedError.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from flatmanifest.dbt.dependencies import NotRecordedError

TIME, PRECISE_TIME, INVOCATION_ID, COMMAND, INDIRECT, ELAPSED = map(chr, range(1, 7))
WALL_CLOCK = chr(0x07)
USER_TIME, KERNEL_TIME, MEMORY, BLOCKS_IN, BLOCKS_OUT, GENERATED_AT = map(chr, range(0x0E, 0x14))
LINE, TIMESTAMP, PROCESS_ID, COMMAND_TEXT, COMMAND_REPR, INDIRECT_NAME = map(chr, range(0x14, 0x1A))
BLANKS = re.compile("[\x01-\x07\x0e-\x19]")
# json.dumps' form of a blank, and of one that stands for a number.
ESCAPED = re.compile(r"\\u00(0[1-7ef]|1[0-9])")
NUMBERS = re.compile(rf'"([{WALL_CLOCK}{USER_TIME}{KERNEL_TIME}{PROCESS_ID}])"')
# Arguments that dbt reports, with the blanks for their repr and for their text.
ARGUMENTS = {
    "invocation_command": (COMMAND, COMMAND_TEXT),
    "indirect_selection": (INDIRECT, INDIRECT_NAME),
}
# Takes the place of LINE in an event that dbt renders.
SUBJECT = "the subject of this event"

CLOCK = r"\d\d:\d\d:\d\d"
BEGINNING = re.compile(rf"(?P<color>\x1b\[0m)?{CLOCK}  ")
PRECISE_BEGINNING = re.compile(
    rf"(?P<header>\n\n=+ {CLOCK}\.\d{{6}} \| \S+ =+\n)?(?P<color>\x1b\[0m)?{CLOCK}\.\d{{6}} \["
)
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
REPORT = {
    "command_wall_clock_time": WALL_CLOCK,
    "process_user_time": USER_TIME,
    "process_kernel_time": KERNEL_TIME,
    "process_mem_max_rss": MEMORY,
    "process_in_blocks": BLOCKS_IN,
    "process_out_blocks": BLOCKS_OUT,
}
# The fields of perf_info.json after a command that has parsed nothing: its projects' numbers are 0.
PERF_INFO = (
    *("path_count", "parsed_path_count", "static_analysis_path_count"),
    *("static_analysis_parsed_path_count", "is_partial_parse_enabled"),
    *("is_static_analysis_enabled", "read_files_elapsed", "load_all_elapsed", "projects"),
)


def require(condition: object, reason: str) -> None:
    if not condition:
        raise NotRecordedError(reason)


def line_of(logger: Any, message: Any) -> str | None:
    """The text that a logger prints for an event, with blanks; None if it prints nothing.

    Raises NotRecordedError if the text is not understood.
    """
    from dbt_common.events.logger import _is_print_event  # noqa: PLC0415

    names = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING}
    level = logging.ERROR if _is_print_event(message) else names.get(message.info.level)
    if not logger.filter(message) or logger._python_logger is None:  # noqa: SLF001
        return None
    if not logger._python_logger.isEnabledFor(level or logging.ERROR):  # noqa: SLF001
        return None
    if is_json(logger):
        return json_template(message)
    text = logger.create_line(message)
    ending = message.info.msg
    require(
        text.endswith(ending) and not BLANKS.search(text),
        f"the text of {message.info.name} is not understood",
    )
    beginning = text[: len(text) - len(ending)]
    return beginning_template(beginning) + message_template(message, ending)


def record_of(logger: Any, message: Any) -> str | None:
    """The record of an event, with LINE where it has SUBJECT; None if the logger prints nothing."""
    text = line_of(logger, message)
    return None if text is None else text.replace(SUBJECT, LINE) + "\n"


def is_json(logger: Any) -> bool:
    from dbt_common.events.logger import _JsonLogger  # noqa: PLC0415

    return type(logger) is _JsonLogger


def json_template(message: Any) -> str:
    """The line of JSON that dbt logs for an event, with blanks (dbt_common, _JsonLogger)."""
    from dbt_common.events.functions import msg_to_dict  # noqa: PLC0415
    from dbt_common.utils.encoding import ForgivingJSONEncoder  # noqa: PLC0415

    def dumped(fields: dict[str, Any]) -> str:
        return json.dumps(fields, sort_keys=True, cls=ForgivingJSONEncoder)

    fields = msg_to_dict(message)
    info, data = fields["info"], fields.get("data", {})
    name = info["name"]
    # The text of an escape is refused, too.
    require(not ESCAPED.search(dumped(fields)), f"the text of {name} is not understood")
    info["msg"] = message_template(message, info["msg"]).replace(COMMAND, COMMAND_REPR)
    info["ts"], info["pid"] = TIMESTAMP, PROCESS_ID
    if name == "MainReportArgs":
        for argument, (_, blank) in ARGUMENTS.items():
            if argument in data["args"]:
                data["args"][argument] = blank
    elif name == "CommandCompleted":
        data["completed_at"], data["elapsed"] = TIMESTAMP, WALL_CLOCK
    elif name == "ResourceReport":
        data.update({field: blank for field, blank in REPORT.items() if field in data})
    text = ESCAPED.sub(lambda found: chr(int(found[1], 16)), dumped(fields))
    return stable(name, NUMBERS.sub(r"\1", text))


def beginning_template(text: str) -> str:
    if not text:
        return ""
    if BEGINNING.fullmatch(text):
        return re.sub(CLOCK, TIME, text)
    require(PRECISE_BEGINNING.match(text), "the beginning of a log line is not understood")
    return ID.sub(INVOCATION_ID, re.sub(rf"{CLOCK}\.\d{{6}}", PRECISE_TIME, text))


def message_template(message: Any, text: str) -> str:
    name = message.info.name
    if name == "MainReportArgs":
        text = arguments_template(message.data.args, text)
    elif name == "CommandCompleted":
        ending = rf"at {CLOCK}\.\d+ after \d+\.\d\d seconds"
        require(re.search(ending, text), "the text of CommandCompleted is not understood")
        text = re.sub(ending, f"at {PRECISE_TIME} after {ELAPSED} seconds", text)
    elif name == "ResourceReport":
        for field, blank in REPORT.items():
            text, count = re.subn(rf'("{field}": "?)[\d.e+-]+', rf"\g<1>{blank}", text)
            require(count == 1, "the text of ResourceReport is not understood")
    return stable(name, text)


def stable(name: str, text: str) -> str:
    """The text of an event with a blank for the invocation's id, and no other id or address."""
    from dbt_common.invocation import get_invocation_id  # noqa: PLC0415

    text = text.replace(get_invocation_id(), INVOCATION_ID)
    is_stable = not ID.search(text) and not ADDRESS.search(text)
    require(is_stable, f"the text of {name} has an id or an address that changes")
    return text


def arguments_template(arguments: Any, text: str) -> str:
    for name, (blank, _) in ARGUMENTS.items():
        if name not in arguments:
            continue
        piece = f"'{name}': {arguments[name]!r}"
        require(text.count(piece) == 1, "the text of MainReportArgs is not understood")
        text = text.replace(piece, f"'{name}': {blank}")
    return text


def metadata_template(text: bytes) -> str:
    decoded = text.decode()
    found = re.search(r'"generated_at": "([^"]*)", "invocation_id": "([^"]*)"', decoded)
    if found is None or BLANKS.search(decoded):
        raise NotRecordedError("the metadata of manifest.json is not understood")
    blanks = f'"generated_at": "{GENERATED_AT}", "invocation_id": "{INVOCATION_ID}"'
    return decoded[: found.start()] + blanks + decoded[found.end() :]


def perf_info_template(text: str) -> str:
    """The perf_info.json of a command that parses nothing, from that of any command.

    Follows dbt.parser.manifest, ManifestLoaderInfo. Raises NotRecordedError for other fields.
    """
    found = json.loads(text)
    require(found.keys() >= {*PERF_INFO}, "perf_info.json is not understood")
    info = {name: found[name] for name in PERF_INFO}
    for name in PERF_INFO:
        if name.endswith("parsed_path_count") or name == "static_analysis_path_count":
            info[name] = 0
        elif name.endswith("_elapsed"):
            info[name] = "@elapsed@"
    nothing = {"elapsed": 0, "parsers": [], "parsed_path_count": 0}
    info["projects"] = [
        {"project_name": project["project_name"], **nothing} for project in found["projects"]
    ]
    return json.dumps(info, indent=4).replace('"@elapsed@"', WALL_CLOCK)
