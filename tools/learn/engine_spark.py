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
from tools.learn.counts import FOLDS, K, MARK, Counts, Kind
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
        files = [str(file) for some in found.values() for file in some]
        seen = self.session.read.parquet(*files)
        turns = seen.count()
        keyed = None
        for kind in Kind:
            one = self._keyed(self._prepared(seen), kind)
            keyed = one if keyed is None else keyed.unionByName(one)
        assert keyed is not None
        hubs = (
            keyed.groupBy("week", *_KEY).agg(f.countDistinct("hub").alias("hubs"))
            .groupBy(*_KEY).agg(f.max("hubs").alias("hubs"))
        ).cache()  # fmt: skip
        enough = hubs.filter(f.col("hubs") >= k)
        tallies = (
            keyed.join(f.broadcast(enough.select(*_KEY)), list(_KEY), "left_semi")
            .groupBy(*_KEY, "fold", "epsilon")
            .agg(f.count(f.lit(1)), *(f.sum(f.col(name).cast("long")) for name in ("failed", "told", "yes")))
        )
        most = [tuple(row) for row in enough.collect()]
        dropped = hubs.count() - len(most)
        counts = gathered((tuple(row) for row in tallies.collect()), most, turns, tuple(found), dropped)
        hubs.unpersist()
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

    def _prepared(self, seen: Any) -> Any:
        f = self._functions
        failed = f.col("meant") != ""
        told = f.col("worked").isNotNull() & ~failed
        return seen.filter((f.col("heard") != "") & ~self._marked("heard")).select(
            "hub",
            "week",
            (f.conv(f.substring("hub", 1, 7), 16, 10).cast("long") % FOLDS).cast("int").alias("fold"),
            "epsilon",
            "heard",
            "served",
            "meant",
            self._state("heard", "reading").alias("state"),
            self._state("meant", "meant_reading").alias("target"),
            failed.alias("failed"),
            told.alias("told"),
            (told & f.coalesce(f.col("worked"), f.lit(False))).alias("yes"),  # noqa: FBT003
        )

    def _keyed(self, turns: Any, kind: Kind) -> Any:
        f = self._functions
        if kind is Kind.SAID:
            return self._under(turns.filter(f.col("served") == ""), kind, "state", "heard")
        if kind is Kind.SERVED:
            return self._under(
                turns.filter((f.col("served") != "") & ~self._marked("served")), kind, "heard", "served"
            )
        moved = turns.filter((f.col("meant") != "") & ~self._marked("meant"))
        for name in ("failed", "told", "yes"):
            moved = moved.withColumn(name, f.lit(False))  # noqa: FBT003
        one, other = {
            Kind.MOVED: ("heard", "target"),
            Kind.WORDED: ("target", "meant"),
            Kind.MEANT: ("heard", "meant"),
        }[kind]
        return self._under(moved, kind, one, other)

    def _under(self, turns: Any, kind: Kind, one: str, other: str) -> Any:
        f = self._functions
        return turns.select(
            f.lit(kind.value).alias("kind"), f.col(one).alias("one"), f.col(other).alias("other"),
            "week", "fold", "epsilon", "hub", "failed", "told", "yes",
        )  # fmt: skip

    def _marked(self, column: str) -> Any:
        return self._functions.col(column).contains(MARK)

    def _state(self, words: str, reading: str) -> Any:
        f = self._functions
        named = (f.col(reading) != "") & ~self._marked(reading)
        return f.when(named, f.col(reading)).otherwise(f.col(words))


def _solved(some: "pd.DataFrame") -> "pd.DataFrame":
    pandas = need("pandas", "spark")
    found = [best for held in some["held"] for best in chain.solve(pickle.loads(held))]
    return pandas.DataFrame(found, columns=list(chain.Best._fields))


