"""Counting and solving in this process, with polars: lazily, a week at a time, in bounded memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.learn import chain
from tools.learn.counts import FOLDS, MARK, OTHER, Counts, K, Key, Kind, Part, Tally
from tools.learn.ingest import unreadable, weeks_of
from tools.learn.needs import polars

if TYPE_CHECKING:
    from polars import DataFrame, Expr, LazyFrame


class LocalEngine:
    """The default."""

    name = "local"

    def count(self, store: Path, *, k: int = K, last: int | None = None) -> Counts:
        """Tallies of what at least k hubs reported, of a folder of turns as `ingest` writes it.

        last: so many weeks. Raises InputError (`learn.nothing` where there are no turns, `learn.store` where a file
        cannot be read), MissingError without the extra `learn`.
        """
        pl = polars()
        found = weeks_of(store, last)
        try:
            return self._count(found, k)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise unreadable([file for files in found.values() for file in files]) from error

    def _count(self, found: Mapping[str, Sequence[Path]], k: int) -> Counts:
        pl = polars()
        tallies: list[DataFrame] = []
        hubs: list[DataFrame] = []
        turns = 0
        for files in found.values():
            seen = pl.scan_parquet(list(files), cache=False)
            turns += int(seen.select(pl.len()).collect().item())
            for kind in Kind:
                one = _counted(_keyed(_prepared(seen), kind)).collect(engine="streaming")
                tallies.append(one.drop("hubs"))
                hubs.append(one.group_by("kind", "one", "other").agg(pl.col("hubs").sum()))
        most = pl.concat(hubs).group_by("kind", "one", "other").agg(pl.col("hubs").max())
        enough = most.filter(pl.col("hubs") >= k)
        kept = (
            pl.concat(tallies)
            .join(enough.drop("hubs"), on=["kind", "one", "other"], how="semi")
            .group_by("kind", "one", "other", "fold", "epsilon")
            .agg(pl.col("turns", "failed", "told", "yes").sum())
        )
        return gathered(kept.iter_rows(), enough.iter_rows(), turns, tuple(found), most.height - enough.height)

    def solve(self, blocks: Sequence[chain.Block]) -> Iterator[chain.Best]:
        """Where each walk ends best."""
        for block in blocks:
            yield from chain.solve(block)


def gathered(
    tallies: Iterable[tuple[Any, ...]],
    hubs: Iterable[tuple[Any, ...]],
    turns: int,
    weeks: tuple[str, ...],
    dropped: int,
) -> Counts:
    """Rows (kind, one, other, fold, epsilon, turns, failed, told, yes) and (kind, one, other, hubs) as counts."""
    of: dict[Key, dict[Part, Tally]] = {}
    for kind, one, other, fold, epsilon, *numbers in tallies:
        key = Key(Kind(kind), one, other)
        of.setdefault(key, {})[Part(int(fold), float(epsilon))] = Tally(*map(int, numbers))
    most = {Key(Kind(kind), one, other): int(n) for kind, one, other, n in hubs}
    return Counts(of, most, turns, weeks, dropped).safe()


def _prepared(seen: "LazyFrame") -> "LazyFrame":
    pl = polars()
    failed = pl.col("meant") != ""
    told = pl.col("worked").is_not_null() & ~failed
    heard = pl.col("heard").str.replace_all(OTHER, "", literal=True)
    return seen.filter((pl.col("heard") != "") & ~heard.str.contains(MARK, literal=True)).select(
        # 60 bits of a random pseudonym tell as many hubs apart as there are; a hub too few would only be stricter.
        pl.col("hub").str.slice(0, 15).str.to_integer(base=16).alias("hub"),
        (pl.col("hub").str.slice(0, 7).str.to_integer(base=16) % FOLDS).cast(pl.Int8).alias("fold"),
        "epsilon",
        "heard",
        "served",
        "meant",
        _state("heard", "reading").alias("state"),
        _state("meant", "meant_reading").alias("target"),
        failed.alias("failed"),
        told.alias("told"),
        (told & pl.col("worked").fill_null(value=False)).alias("yes"),
    )


def _keyed(turns: "LazyFrame", kind: Kind) -> "LazyFrame":
    pl = polars()
    if kind is Kind.SAID:
        return _under(turns.filter(pl.col("served") == ""), kind, "state", "heard")
    turns = turns.filter(~_marked("heard"))
    moved = turns.filter((pl.col("meant") != "") & ~_marked("meant"))
    if kind is Kind.SERVED:
        return _under(turns.filter((pl.col("served") != "") & ~_marked("served")), kind, "heard", "served")
    plain = moved.with_columns(*(pl.lit(value=False).alias(name) for name in ("failed", "told", "yes")))
    one, other = {
        Kind.MOVED: ("heard", "target"),
        Kind.WORDED: ("target", "meant"),
        Kind.MEANT: ("heard", "meant"),
    }[kind]
    return _under(plain, kind, one, other)


def _under(turns: "LazyFrame", kind: Kind, one: str, other: str) -> "LazyFrame":
    pl = polars()
    return turns.select(
        pl.lit(kind.value).alias("kind"),
        pl.col(one).alias("one"),
        pl.col(other).alias("other"),
        "fold", "epsilon", "hub", "failed", "told", "yes",
    )  # fmt: skip


def _counted(keyed: "LazyFrame") -> "LazyFrame":
    pl = polars()
    return keyed.group_by("kind", "one", "other", "fold", "epsilon").agg(
        pl.len().cast(pl.Int64).alias("turns"),
        pl.col("failed", "told", "yes").sum().cast(pl.Int64),
        pl.col("hub").n_unique().cast(pl.Int64).alias("hubs"),
    )


def _marked(column: str) -> "Expr":
    marked: Expr = polars().col(column).str.contains(MARK, literal=True)
    return marked


def _state(words: str, reading: str) -> "Expr":
    pl = polars()
    named: Expr = pl.when((pl.col(reading) != "") & ~_marked(reading)).then(pl.col(reading)).otherwise(pl.col(words))
    return named
