"""The bench's half of a test PKI: what the tester shows, and what bad ones are made of."""

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from keym.x509.edition import Edition
from keym.x509.profile import BRANCHES
from tools.pki import folder
from tools.pki.maker import STEMS, Pki, Plan, authority_recipe, leaf_recipe
from tools.pki.recipe import Recipe


def read_pki(base: Path, edition: Edition = Edition.ISO2) -> Pki:
    """``base`` is what ``v2g pki make`` wrote.  ``FolderTrouble`` names what is missing.

    Files hold no recipes, and whoever makes a certificate with one thing wrong varies a recipe.
    """
    plan = Plan(edition, edition.key_types[0], datetime.now(tz=timezone.utc))
    pki = Pki(plan, folder.read(base / edition.value))
    for name, recipe in _recipes(plan).items():
        if name in pki.entities:
            pki.entities[name] = replace(pki[name], recipe=recipe)
    return pki


def _recipes(plan: Plan) -> dict[str, Recipe]:
    found = {}
    for use, branch in BRANCHES.items():
        first, second, leaf = STEMS[use]
        found[first] = authority_recipe(plan, branch, 1)
        found[second] = authority_recipe(plan, branch, 2)
        found[leaf] = leaf_recipe(plan, branch)
    return found
