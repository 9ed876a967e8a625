"""Spark gives what this process gives, to the last rewrite. It is not installed for developing: extra `spark`."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.learn import homes
from tests.unit.learn.test_counts import store_of, varied
from tools.learn import learning
from tools.learn.engine_local import LocalEngine

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install -e '.[spark]'")
pytestmark = [
    pytest.mark.skipif(shutil.which("java") is None, reason="no Java: apt-get install openjdk-17-jre-headless"),
    # Spark's own.
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(scope="module")
def spark() -> Iterator[learning.Engine]:
    from tools.learn.engine_spark import SparkEngine

    engine = SparkEngine(cores=2)
    yield engine
    engine.close()


def test_both_engines_count_and_learn_the_same(tmp_path: Path, spark: learning.Engine) -> None:
    chicken = homes.heard("turn on the chicken light", meant=homes.RIGHT, meant_reading=homes.RIGHT_READING)
    store = store_of(tmp_path, [*varied(), *(homes.batch(100 + number, [chicken]) for number in range(60))])
    assert spark.count(store, k=1) == LocalEngine().count(store, k=1)
    here, there = learning.learn(store, LocalEngine()), learning.learn(store, spark)
    assert here.published
    assert there == here
    assert learning.rules(there) == learning.rules(here)
