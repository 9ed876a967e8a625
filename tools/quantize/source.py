"""The float model that a recipe starts from, from the store or pulled into it."""

from pathlib import Path

from edge.core.errors import InputError, MissingError
from edge.models import ModelStore, default_store, load_manifests
from edge.resources import data_dir
from tools.quantize.family import Progress
from tools.quantize.recipe import Recipe


def source(recipe: Recipe, progress: Progress) -> Path:
    """Folder with the files of the recipe's base model, whole by their hashes; pulled when it is not here.

    Raises InputError (`quantize.recipe` for a base without manifest, `quantize.source` for damaged files) or what
    pulling raises (`edge.models.ModelStore.pull`).
    """
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    if recipe.base not in store.manifests:
        raise recipe.wrong("base", f"there is no manifest models/{recipe.base}.toml")
    try:
        folder = store.locate(recipe.base)
    except MissingError:
        folder = store.pull(recipe.base, lambda done, total: progress(f"fetching {recipe.base}", done, total))
    if problems := store.verify(recipe.base):
        raise InputError(
            "quantize.source",
            f"the model {recipe.base} is corrupt ({problems[0]}): run edge models pull {recipe.base}",
        )
    return folder
