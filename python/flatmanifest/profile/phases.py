"""The phases of a dbt command: the functions of dbt of each phase, and the clocks around them.

The functions are those of dbt-core 1.10 to 1.12; a function that a release lacks is left out. The
seams of flatmanifest replace the same functions, so that a command shows the same phases with the
plugin and without (docs/dbt.md).
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from flatmanifest.profile.clock import Clock

INTERPRETER = "interpreter start"
IMPORTS = "imports"

# Phases in the order of a command. A function is "module:Class.function".
PHASES: dict[str, tuple[str, ...]] = {
    INTERPRETER: (),
    IMPORTS: ("dbt.adapters.factory:AdapterContainer.load_plugin",),
    "project and profile": (
        "dbt.cli.requires:load_profile",
        "dbt.cli.requires:load_project",
        "dbt.cli.requires:set_up_plugin_manager",
        "dbt.cli.requires:RuntimeConfig.from_parts",
        "dbt.config.runtime:RuntimeConfig.load_dependencies",
    ),
    "read saved manifest": (
        "dbt.parser.manifest:ManifestLoader.read_manifest_for_partial_parse",
        "dbt.parser.manifest:ManifestLoader.build_manifest_state_check",
    ),
    "read files": (
        "dbt.parser.read_files:ReadFilesFromFileSystem.read_files",
        "dbt.parser.read_files:ReadFilesFromDiff.read_files",
    ),
    "find changes": (
        "dbt.parser.manifest:ManifestLoader.safe_update_project_parser_files_partially",
    ),
    "v2 parser": ("dbt.parser.v2:parse_with_v2",),
    "load macros": (
        "dbt.parser.manifest:ManifestLoader.load_and_parse_macros",
        "dbt.parser.manifest:ManifestLoader.create_macro_manifest",
        "dbt.parser.manifest:ManifestLoader.save_macros_to_adapter",
    ),
    "parse models": ("dbt.parser.models:ModelParser.parse_file",),
    "parse snapshots": ("dbt.parser.snapshots:SnapshotParser.parse_file",),
    "parse analyses": ("dbt.parser.analysis:AnalysisParser.parse_file",),
    "parse singular tests": ("dbt.parser.singular_test:SingularTestParser.parse_file",),
    "parse seeds": ("dbt.parser.seeds:SeedParser.parse_file",),
    "parse doc blocks": ("dbt.parser.docs:DocumentationParser.parse_file",),
    "parse hooks": ("dbt.parser.hooks:HookParser.parse_file",),
    "parse fixtures": ("dbt.parser.fixtures:FixtureParser.parse_file",),
    "parse functions": ("dbt.parser.functions:FunctionParser.parse_file",),
    "parse schema files": ("dbt.parser.schemas:SchemaParser.parse_file",),
    "parse generic tests": (
        "dbt.parser.schema_generic_tests:SchemaGenericTestParser.parse_tests",
        "dbt.parser.schema_generic_tests:SchemaGenericTestParser.parse_versioned_tests",
    ),
    "parse sources": ("dbt.parser.sources:SourcePatcher.construct_sources",),
    "resolve refs": tuple(
        f"dbt.parser.manifest:ManifestLoader.{name}"
        for name in (
            "process_sources",
            "process_refs",
            "process_unit_tests",
            "process_docs",
            "process_metrics",
            "process_saved_queries",
            "process_model_inferred_primary_keys",
            "process_functions",
        )
    ),
    "check": (
        "dbt.parser.manifest:_check_manifest",
        "dbt.parser.manifest:SemanticManifest.validate",
        *(
            f"dbt.parser.manifest:ManifestLoader.{name}"
            for name in (
                "check_valid_group_config",
                "check_valid_access_property",
                "check_valid_snapshot_config",
                "check_valid_microbatch_config",
                "check_for_model_deprecations",
                "check_for_spaces_in_resource_names",
                "check_for_microbatch_deprecations",
                "check_forcing_batch_concurrency",
                "check_microbatch_model_has_a_filtered_input",
                "check_function_default_arguments_ordering",
            )
        ),
    ),
    # The parts of loading that are in no other phase.
    "rest of loading": ("dbt.parser.manifest:ManifestLoader.get_full_manifest",),
    "flat graph": ("dbt.contracts.graph.manifest:Manifest.build_flat_graph",),
    "publish": ("dbt.parser.manifest:ManifestLoader.write_manifest_for_partial_parse",),
    "write artifacts": (
        "dbt.parser.manifest:write_manifest",
        "dbt.parser.manifest:ManifestLoader.write_perf_info",
        "dbt.compilation:Linker.write_graph",
        "dbt.artifacts.schemas.base:ArtifactMixin.write",
        "dbt.artifacts.schemas.base:Writable.write",
    ),
    "link graph": ("dbt.compilation:Compiler.compile",),
    "test edges": ("dbt.compilation:Linker.add_test_edges",),
    "selection": (
        "dbt.graph.selector:NodeSelector.__init__",
        "dbt.graph.selector:NodeSelector.get_selected",
        "dbt.graph.selector:NodeSelector.get_graph_queue",
    ),
    "execution": ("dbt.task.runnable:GraphRunnableTask.execute_with_hooks",),
    "output": (
        "dbt.task.list:ListTask.output_results",
        "dbt.task.runnable:GraphRunnableTask.task_end_messages",
    ),
}

# The phases of a warm command that are about its manifest.
OF_THE_MANIFEST = (
    "read saved manifest",
    "read files",
    "find changes",
    "load macros",
    "check",
    "rest of loading",
    "flat graph",
    "publish",
    "write artifacts",
    "link graph",
    "test edges",
    "selection",
    "output",
)


def install(clock: Clock) -> None:
    """Put the clocks into the dbt of this process, around the seams of the plugin."""
    for phase, functions in PHASES.items():
        clock.phase(phase)
        for function in functions:
            replace(function, partial(clock.timed, name=phase, label=shown(function)))


def shown(function: str) -> str:
    """The name without its module: ``ManifestLoader.load``."""
    return function.split(":")[1]


def replace(function: str, replacement: Callable[[Callable[..., Any]], Callable[..., Any]]) -> bool:
    """Replace a function by ``replacement(function)``; False if there is no such function."""
    module, path = function.split(":")
    try:
        owner: Any = importlib.import_module(module)
        *parts, name = path.split(".")
        for part in parts:
            owner = getattr(owner, part)
        found = inspect.getattr_static(owner, name)
    except (ImportError, AttributeError):
        return False
    if isinstance(found, (classmethod, staticmethod)):
        setattr(owner, name, type(found)(replacement(found.__func__)))
    else:
        setattr(owner, name, replacement(found))
    return True
