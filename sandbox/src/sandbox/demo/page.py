"""Write the demo as one page that needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from sandbox.demo.catalogue import CONTRACTOR
from sandbox.demo.standing import dollars

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.demo.play import Played
    from sandbox.demo.world import World


def write_page(path: Path, played: Played, world: World, figures: Mapping[str, Any]) -> None:
    """Render the page; everything that comes from the two systems is escaped."""
    environment = Environment(
        loader=PackageLoader("sandbox.demo", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = lambda name: str(name).replace("_", " ")
    environment.filters["money"] = dollars
    page = environment.get_template("index.html.j2").render(
        contractor=CONTRACTOR,
        go_live=world.go_live.isoformat(),
        played=played,
        standing=played.standing,
        found=played.findings[-1],
        figures=figures,
    )
    path.write_text(page, encoding="utf-8")
