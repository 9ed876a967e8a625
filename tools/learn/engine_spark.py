"""Counting and solving on Apache Spark: the same keys grouped by Spark, the same blocks solved by `applyInPandas`.

For turns of more homes than one machine holds. Whole numbers are summed, distinct pseudonyms are counted exactly, and
what too few hubs reported is filtered before anything is collected; blocks of the chain are made where the results of
all meet (`chain.blocks`, connected components by scipy), as what is left by then is small, and sent out to be solved.
Needs the extra `spark` and Java 17 (`apt-get install openjdk-17-jre-headless`).
"""

import os
import pickle
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.core.errors import MissingError
from tools.learn import chain
from tools.learn.counts import FOLDS, MARK, OTHER, Counts, K, Kind
from tools.learn.engine_local import gathered
from tools.learn.ingest import weeks_of
from tools.learn.needs import need

if TYPE_CHECKING:
    import pandas as pd

_KEY = ("kind", "one", "other")


class SparkEngine:
    """Spark on some cores of this machine, or wherever `spark.master` of its own configuration says."""

    name = "spark"

    def __init__(self, *, cores: int = 2) -> None:
        """Raises MissingError `learn.library` without pyspark, `learn.java` without a Java."""
        sql = need("pyspark.sql", "spark")
        need("pandas", "spark")
        need("pyarrow", "spark")
        if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
            raise MissingError("learn.java", "Spark needs Java 17: apt-get install openjdk-17-jre-headless")
        self._functions = need("pyspark.sql.functions", "spark")
        # The workers are to be this very Python.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        self._cores = cores
        self.session = (
            sql.SparkSession.builder.appName("edge-learn")
            .master(f"local[{cores}]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", str(4 * cores))
            .config("spark.sql.session.timeZone", "UTC")
            .getOrCreate()
        )
        self.session.sparkContext.setLogLevel("ERROR")

    def count(self, store: Path, *, k: int = K) -> Counts:
        """Tallies of what at least k hubs reported. Raises InputError where there are no turns."""
        f = self._functions
        found = weeks_of(store)
        seen = self.session.read.parquet(*(str(file) for files in found.values() for file in files))
        of_week = (
            self._keyed(seen)
            .groupBy("week", *_KEY, "fold", "epsilon")
            .agg(
                f.count(f.lit(1)).alias("turns"),
                *(f.sum(name).alias(name) for name in ("failed", "told", "yes")),
                f.countDistinct("hub").alias("hubs"),
            )
            .cache()
        )
        hubs = of_week.groupBy("week", *_KEY).agg(f.sum("hubs").alias("hubs"))
        hubs = hubs.groupBy(*_KEY).agg(f.max("hubs").alias("hubs")).cache()
        enough = hubs.filter(f.col("hubs") >= k)
        tallies = (
            of_week.join(enough.select(*_KEY), list(_KEY), "left_semi")
            .groupBy(*_KEY, "fold", "epsilon")
            .agg(*(f.sum(name) for name in ("turns", "failed", "told", "yes")))
        )
        most = [tuple(row) for row in enough.collect()]
        dropped = hubs.count() - len(most)
        counts = gathered(map(tuple, tallies.collect()), most, seen.count(), tuple(found), dropped)
        hubs.unpersist()
        of_week.unpersist()
        return counts

    def solve(self, blocks: Sequence[chain.Block]) -> Iterable[chain.Best]:
        """`chain.solve` of each block, a group each."""
        if not blocks:
            return []
        pandas = need("pandas", "spark")
        rows = pandas.DataFrame({"block": range(len(blocks)), "held": [pickle.dumps(one) for one in blocks]})
        frame = self.session.createDataFrame(rows, "block int, held binary")
        schema = "run int, words string, state string, score double, own double"
        solved = frame.repartition(self._cores, "block").groupBy("block").applyInPandas(_solved, schema)
        return [chain.Best(*row) for row in solved.collect()]

    def close(self) -> None:
        """End Spark."""
        self.session.stop()

    def _keyed(self, seen: Any) -> Any:
        """A row for each key of each turn, as `counts.keys` has them."""
        f = self._functions
        nothing, one = f.lit(0).cast("long"), f.lit(1).cast("long")
        failed = f.col("meant") != ""
        told = f.col("worked").isNotNull() & ~failed
        yes = told & f.coalesce(f.col("worked"), f.lit(False))
        none = (nothing, nothing, nothing)
        own = tuple(f.when(of, one).otherwise(nothing) for of in (failed, told, yes))
        target = self._state("meant", "meant_reading")
        plain = ~self._marked("heard")
        moved = plain & failed & ~self._marked("meant")
        unserved, served = f.col("served") == "", plain & (f.col("served") != "") & ~self._marked("served")
        keys = (
            self._key(unserved, Kind.SAID, self._state("heard", "reading"), f.col("heard"), own),
            self._key(served, Kind.SERVED, f.col("heard"), f.col("served"), own),
            self._key(moved, Kind.MOVED, f.col("heard"), target, none),
            self._key(moved, Kind.WORDED, target, f.col("meant"), none),
            self._key(moved, Kind.MEANT, f.col("heard"), f.col("meant"), none),
        )
        fold = (f.conv(f.substring("hub", 1, 7), 16, 10).cast("long") % FOLDS).cast("int")
        return (
            seen.filter((f.col("heard") != "") & ~f.replace("heard", f.lit(OTHER), f.lit("")).contains(MARK))
            # The same 60 bits of the pseudonym as the other engine counts.
            .select(
                "week", "epsilon", fold.alias("fold"),
                f.conv(f.substring("hub", 1, 15), 16, 10).cast("long").alias("hub"),
                f.explode(f.array_compact(f.array(*keys))).alias("key"),
            )
            .select("week", "fold", "epsilon", "hub", "key.*")
        )  # fmt: skip

    def _key(self, where: Any, kind: Kind, one: Any, other: Any, tally: tuple[Any, ...]) -> Any:
        f = self._functions
        named = zip(("failed", "told", "yes"), tally, strict=True)
        of = (f.lit(kind.value).alias("kind"), one.alias("one"), other.alias("other"))
        return f.when(where, f.struct(*of, *(value.alias(name) for name, value in named)))

    def _marked(self, column: str) -> Any:
        return self._functions.col(column).contains(MARK)

    def _state(self, words: str, reading: str) -> Any:
        f = self._functions
        named = (f.col(reading) != "") & ~self._marked(reading)
        return f.when(named, f.col(reading)).otherwise(f.col(words))


def _solved(some: "pd.DataFrame") -> "pd.DataFrame":
    pandas = need("pandas", "spark")
    found = [best for held in some["held"] for best in chain.solve(pickle.loads(held))]  # noqa: S301 - this engine wrote it
    return pandas.DataFrame(found, columns=list(chain.Best._fields))
