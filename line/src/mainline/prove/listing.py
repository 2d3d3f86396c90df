"""Writes into dvc.yaml which modules a stage imports, where it does not list them: nobody need do that by hand."""

import re

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mainline import ui
from mainline.project import Project
from mainline.prove import imports
from mainline.tools import actions, commits

AN_ITEM = re.compile(r"\s*- ")


def complete(project: Project) -> bool:
    """List what is not listed, below the last dep of its stage; all other lines stay as they are.

    Not in a workflow, which could not commit it.

    Returns:
        Whether something was written.

    Raises:
        ConfigError: a stage does not list all that it imports, and here it cannot be written: not one dep a line.
    """
    absent = imports.absent(project)
    if not absent:
        return False
    if not actions.running():
        lines = (project / imports.DEFINITION).read_text(encoding="utf-8").split("\n")
        for stage, line in sorted(_last_deps(lines, absent).items(), key=lambda each: -each[1]):
            before = AN_ITEM.match(lines[line])
            if before:
                lines[line + 1 : line + 1] = [f"{before[0]}{path}" for path in absent[stage]]
        commits.write(project / imports.DEFINITION, "\n".join(lines).encode())
    imports.require_listed(project)
    for stage, paths in absent.items():
        ui.say(f"  {imports.DEFINITION}: {stage} reads {', '.join(paths)}; listed under its deps now")
    return True


def _last_deps(lines: list[str], stages: dict[str, list[str]]) -> dict[str, int]:
    """The line of the last plain dep of each stage."""
    try:
        said = YAML().load("\n".join(lines))["stages"]
    except YAMLError:
        return {}
    found = {}
    for stage in stages:
        deps = said[stage]["deps"]
        plain = [deps.lc.item(n)[0] for n, dep in enumerate(deps) if isinstance(dep, str)]
        if plain and not deps.fa.flow_style():
            found[stage] = plain[-1]
    return found
