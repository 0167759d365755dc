"""The README shows the screens that the command draws today."""

from pathlib import Path

from tools.pictures import FOLDER, pictures

README = Path(__file__).parents[2] / "README.md"


def test_the_pictures_are_as_the_command_draws_them_and_the_readme_shows_them() -> None:
    text = README.read_text(encoding="utf-8")

    drawn = pictures()

    assert {path.stem for path in FOLDER.glob("*.svg")} == set(drawn)
    for name, svg in drawn.items():
        kept = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
        assert kept == svg, f"{name} differs: make pictures"
        assert f"docs/pictures/{name}.svg" in text
