"""Runs one stage: `python -m pipeline STAGE`, as dvc.yaml does."""

import importlib
import os
import sys
import warnings

from pipeline import stop
from pipeline.errors import ParamsError, PipelineError, nearest

STAGES = ("ingest", "clean", "validate", "label", "split", "explore", "train", "predict", "evaluate", "diagnose")
OTHERS = {
    "features": ("OUT",),
    "forget": ("COLUMN",),
    "latency": (),
    "queue": ("COUNT", "OUT", "NAME", "[WHERE]"),
    "search": ("MINUTES", "TRIALS"),
    "stream": ("CANDIDATES", "OUT"),
}
"""What is no stage of dvc.yaml, and the words that it takes; those in brackets may be left out."""


def main(arguments: list[str]) -> int:
    """Run the stage that is named; answer the exit code."""
    if arguments in ([], ["-h"], ["--help"]):
        print(f"usage: python -m pipeline STAGE\nstages, in order: {', '.join(STAGES)}\nsettings: params.yaml")
        print("beside them: forget COLUMN, which writes the list that data.forget names (docs/your-data.md);")
        print("  features OUT, which writes what a network is trained on elsewhere (docs/frameworks.md)")
        return 0 if arguments else 2
    try:
        stage, *words = arguments
        if stage not in (known := (*STAGES, *OTHERS)):
            raise ParamsError(f"no such stage{nearest(stage, known)}")
        takes = OTHERS.get(stage, ())
        if not sum("[" not in word for word in takes) <= len(words) <= len(takes):
            raise ParamsError(f"usage: {' '.join(('python -m pipeline', stage, *takes))}")
        from pipeline import params  # after the usage, which should not wait for it

        warnings.showwarning = lambda text, kind, *_: _remark(stage, kind.__name__, str(text))
        with stop.as_exception():
            importlib.import_module(f"pipeline.stages.{stage}").run(params.load(), *words)
    except stop.Stopped as told:
        print(f"ERROR: {' '.join(arguments)}: {told}", file=sys.stderr)
        return 128 + told.number
    except PipelineError as error:
        print(f"ERROR: {' '.join(arguments)}: {error}", file=sys.stderr)
        return 1 if not isinstance(error, ParamsError) else 2
    return 0


def _remark(stage: str, kind: str, text: str) -> None:
    """What a library has to say, in one line; where in its code it says so is no matter of the user's."""
    print(f"{stage}: {kind}: {(text.strip().splitlines() or [''])[0]}", file=sys.stderr)


def start(arguments: list[str]) -> int:
    """Run the stage here, or in a warm process; or be that process, on the socket of this number."""
    if "PIPELINE_WARM" not in os.environ:
        return main(arguments)
    from pipeline import warm

    if arguments[:1] == ["--warm"]:
        stage = warm.serve(int(arguments[1]))
        return 0 if stage is None else main(stage)
    code = warm.ask(arguments)
    return main(arguments) if code is None else code


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))
