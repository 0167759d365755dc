"""`python -m tests.golden`: write the data file of the mapping regression anew."""

from tests.golden.documents import DATA, data_file

DATA.write_text(data_file(), encoding="utf-8")
