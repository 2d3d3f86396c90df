"""`mainline score`: predicts every row of a file or a folder, by the service's own code."""

import sys
from pathlib import Path

import click

from mainline.project import Project


@click.command("score")
@click.argument("source", metavar="INPUT")
@click.argument("target", metavar="[OUTPUT]", required=False)
@click.option("--to", metavar="STORE", help="A store that the service reads first: sqlite:PATH, redis://HOST:PORT/N.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Carry this column of INPUT over; may be repeated.")
@click.option("--strict", is_flag=True, help="Refuse cells that are not of their column's kind; else they are missing.")
@click.option("--encoding", default="utf-8", metavar="NAME", help="What a text INPUT is in, if not UTF-8: latin1, say.")
@click.option("--overwrite", is_flag=True, help="Replace OUTPUT.")
@click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster whose workers score a folder: tcp://HOST:PORT.")
@click.option(
    "--shard", metavar="NUMBER/COUNT", help="Of a folder's files only each COUNT-th, from NUMBER (0, ...) on."
)
def verb(
    source: str,
    target: str | None,
    to: str | None,
    keep: tuple[str, ...],
    strict: bool,
    encoding: str,
    overwrite: bool,
    scheduler: str | None,
    shard: str | None,
) -> None:
    """Predict every row of a file, or of a folder, by the model.

    INPUT and OUTPUT are .parquet, .csv or .tsv (also .csv.gz), of any length. A run that was stopped goes on where it
    was when the same command is given again. Of a folder each file is answered in a file of the same name, beside a
    _manifest.json that says what is there and what failed. With --to in place of OUTPUT the answers go into a store; a
    service that is told of it by SERVICE_PRECOMPUTED answers those rows out of it.
    """
    from mainline.tools import process, stages

    project = Project.here()
    identity = (project.params.get("data") or {}).get("id")
    options = [f"--keep={name}" for name in keep] + ["--strict"] * strict + ["--overwrite"] * overwrite
    options.append(f"--encoding={encoding}")
    options += [f"--id={identity}"] if identity else []
    others = {"to": to, "scheduler": scheduler, "shard": shard}
    options += [f"--{name}={said}" for name, said in others.items() if said]
    # -P: the folder this is called from holds tables, not modules
    command = [sys.executable, "-P", "-m", "service.score", f"--models={project / 'models'}", *options, "--"]
    env = {"PYTHONPATH": stages.python_path(project.root)}
    sys.exit(process.attach([*command, source, *([target] if target else [])], cwd=Path.cwd(), env=env))
