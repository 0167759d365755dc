"""The table of defences."""

from tests.simulation.ablation.correcting import CORRECTING
from tests.simulation.ablation.extracting import EXTRACTING
from tests.simulation.ablation.loading import LOADING
from tests.simulation.ablation.removal import Defence

DEFENCES: dict[str, Defence] = {
    defence.name: defence for defence in (*EXTRACTING, *LOADING, *CORRECTING)
}
