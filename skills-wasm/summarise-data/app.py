import csv as tables
import io
import statistics
from collections import Counter

from skill import ToolError, Tools, tool

__all__ = ["Tools"]

MISSING = {"", "na", "n/a", "null", "none", "nan"}


def number(text: str):
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) != float("inf") else None


def rounded(value: float):
    return round(value, 6)


def summary(values: list[str], top: int) -> dict:
    present = [value for value in values if value.strip().lower() not in MISSING]
    found = {"values": len(present), "missing": len(values) - len(present), "distinct": len(set(present))}
    numbers = [number(value) for value in present]
    if present and all(value is not None for value in numbers):
        quartiles = statistics.quantiles(numbers, n=4, method="inclusive") if len(numbers) > 1 else numbers * 3
        return found | {
            "kind": "number",
            "min": min(numbers),
            "max": max(numbers),
            "mean": rounded(statistics.fmean(numbers)),
            "deviation": rounded(statistics.pstdev(numbers)),
            "quartiles": [rounded(value) for value in quartiles],
        }
    common = sorted(Counter(present).items(), key=lambda entry: (-entry[1], entry[0]))[:top]
    return found | {"kind": "text", "top": [{"value": value, "count": count} for value, count in common]}


@tool(
    "summarise",
    "Says what is in a table: for each column its kind, gaps, range, mean, quartiles, or most frequent values",
    {
        "type": "object",
        "properties": {
            "csv": {"type": "string", "minLength": 1, "description": "A table; its first line names the columns"},
            "top": {"type": "integer", "minimum": 0, "maximum": 100, "default": 3},
        },
        "required": ["csv"],
        "additionalProperties": False,
    },
)
def summarise(csv: str, top: int = 3):
    rows = list(read(csv))
    names, *rest = rows
    if len(set(names)) != len(names):
        raise ToolError("columns", "Two columns have the same name.")
    for line, row in enumerate(rest, 2):
        if len(row) != len(names):
            raise ToolError("row", f"Row {line} has {len(row)} cells, and there are {len(names)} columns.", {"row": line})
    columns = {name: summary([row[index] for row in rest], top) for index, name in enumerate(names)}
    return {"rows": len(rest), "columns": columns}


def read(text: str):
    try:
        dialect = tables.Sniffer().sniff(text[:4096], ",;\t|")
    except tables.Error:
        dialect = tables.excel
    return (row for row in tables.reader(io.StringIO(text), dialect) if row)
