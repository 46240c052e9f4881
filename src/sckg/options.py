"""What several commands take: the options that they share, and the words that an option may have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    csv = "csv"
    json = "json"
    ttl = "ttl"


class TableFormat(StrEnum):
    """How a table that is no answer of the store is printed."""

    table = "table"
    csv = "csv"
    json = "json"


class DiffFormat(StrEnum):
    """How the difference of two snapshots is printed."""

    text = "text"
    json = "json"
    nt = "nt"
    ttl = "ttl"


class WalkFormat(StrEnum):
    """How a walk is printed."""

    text = "text"
    json = "json"


class ReportFormat(StrEnum):
    """How a validation report is printed."""

    turtle = "turtle"
    json = "json"
    table = "table"


class AuditFormat(StrEnum):
    """How doubts are printed."""

    text = "text"
    csv = "csv"
    json = "json"


class SeverityWord(StrEnum):
    """How bad a doubt is."""

    high = "high"
    medium = "medium"
    low = "low"


class RowEngine(StrEnum):
    """What runs SQL over rows."""

    duckdb = "duckdb"
    spark = "spark"


class RuleForm(StrEnum):
    """How a rule is shown."""

    words = "words"
    shacl = "shacl"
    sparql = "sparql"
    sql = "sql"


class Lang(StrEnum):
    """The language of labels and messages."""

    en = "en"
    id = "id"


_STORE = "[default: ~/.local/share/sckg/store]"
StoreOption = Annotated[
    str,
    typer.Option("--store", metavar="PATH_OR_URL", envvar="SCKG_STORE", help=f"The store: a folder that was built, or the URL of a SPARQL 1.1 server. {_STORE}"),  # noqa: E501 - a help text is one string
]  # fmt: skip
FolderOption = Annotated[
    str, typer.Option("--store", metavar="PATH", envvar="SCKG_STORE", help=f"The folder of the store. {_STORE}")
]
KnowledgeOption = Annotated[
    list[Path] | None,
    typer.Option("--knowledge", metavar="DIR", help="One more folder with ontology/, rules/, queries/, web/ or cities/, read after the shipped ones. May be repeated. [env var: SCKG_KNOWLEDGE]"),  # noqa: E501 - a help text is one string
]  # fmt: skip
CityOption = Annotated[
    str, typer.Option("--city", metavar="CODE", help="Only this city, by its official code, such as 5371.")
]
ProfileOption = Annotated[
    str, typer.Option("--profile", metavar="PROFILE", help="Only under this grading profile, such as kupang-2019.")
]
LangOption = Annotated[Lang, typer.Option("--lang", envvar="SCKG_LANG", help="Language of labels: id or en.")]
