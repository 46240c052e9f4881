"""What runs a SQL text over rows: DuckDB in this process, or Spark, from one process to a cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import duckdb

from sckg.problems import NotPossible

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Cells = tuple[object, ...]


class Engine(Protocol):
    """Tables that can be defined by a SELECT, asked, and kept as Parquet."""

    def define(self, name: str, select: str) -> None:
        """Make the answer of a SELECT known as a table."""
        ...

    def open(self, name: str, path: Path) -> None:
        """Make a Parquet file, or a folder of them, known as a table."""
        ...

    def ask(self, select: str) -> list[Cells]:
        """Return the rows of a SELECT."""
        ...

    def save(self, select: str, path: Path) -> None:
        """Write the rows of a SELECT as Parquet."""
        ...


class DuckDB:
    """DuckDB inside this process, in memory; what does not fit goes to ``room`` when one is given."""

    def __init__(self, room: Path | None = None) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET memory_limit = '2GB'")
        if room:
            self.connection.execute(f"SET temp_directory = {quoted(room)}")

    def define(self, name: str, select: str) -> None:
        """Make the answer of a SELECT known as a table."""
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {select}")

    def open(self, name: str, path: Path) -> None:
        """Make a Parquet file, or a folder of them, known as a table."""
        files = path / "*.parquet" if path.is_dir() else path
        self.connection.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet({quoted(files)})")

    def ask(self, select: str) -> list[Cells]:
        """Return the rows of a SELECT."""
        return self.connection.execute(select).fetchall()

    def save(self, select: str, path: Path) -> None:
        """Write the rows of a SELECT as Parquet."""
        self.connection.execute(f"COPY ({select}) TO {quoted(path)} (FORMAT parquet, COMPRESSION zstd)")


class Spark:
    """A Spark session: in this process, or on the cluster that ``SCKG_SPARK_MASTER`` names."""

    def __init__(self, session: SparkSession) -> None:
        self.session = session

    def define(self, name: str, select: str) -> None:
        """Make the answer of a SELECT known as a table, computed once."""
        self.session.sql(select).cache().createOrReplaceTempView(name)

    def open(self, name: str, path: Path) -> None:
        """Make a Parquet file, or a folder of them, known as a table."""
        self.session.read.parquet(str(path)).createOrReplaceTempView(name)

    def ask(self, select: str) -> list[Cells]:
        """Return the rows of a SELECT."""
        return [tuple(row) for row in self.session.sql(select).collect()]

    def save(self, select: str, path: Path) -> None:
        """Write the rows of a SELECT as Parquet, a folder of files."""
        self.session.sql(select).write.mode("overwrite").parquet(str(path))


@contextmanager
def spark() -> Iterator[Spark]:
    """Yield a Spark session, stopped afterwards. Raises NotPossible when Spark or Java is not there."""
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise NotPossible("Spark is not installed: pip install 'sckg[spark]'; it needs Java 17 or later") from error
    master = os.environ.get("SCKG_SPARK_MASTER", "local[*]")
    builder = SparkSession.builder.appName("sckg").master(master)
    for name, value in (_SETTINGS | (_ALONE if master.startswith("local") else {})).items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        raise NotPossible(f"Spark cannot start: {str(error).splitlines()[0]}; it needs Java 17 or later") from error
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield Spark(session)
    finally:
        session.stop()


_SETTINGS = {"spark.sql.session.timeZone": "UTC", "spark.ui.showConsoleProgress": "false"}
_ALONE = {  # nothing listens beyond this machine
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
    # A profile is one long CASE: compiling it to Java takes longer than running it as it stands.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def quoted(path: Path) -> str:
    """Return a path as a text of SQL, for DuckDB.

    >>> quoted(Path("it's"))
    "'it''s'"
    """
    return "'" + str(path).replace("'", "''") + "'"
