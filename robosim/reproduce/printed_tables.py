"""X, Table 1 and Tables E.1, E.2 as printed: (SP - VCG, percentage) by what is scaled and by how much."""

from __future__ import annotations

from typing import NamedTuple

Printed = dict[float, tuple[str, str]]
DEMAND, LIMITS, CONGESTION = "task demand", "individual constraints", "congestion parameter"
"""The three groups of columns, as they are headed."""


class PrintedTable(NamedTuple):
    """A table, the instance behind it, and its 15 printed cells."""

    title: str
    instance: str
    cells: dict[str, Printed]


PRINTED: dict[str, PrintedTable] = {
    "xie-table-1": PrintedTable(
        "X, Table 1: balanced network (example 1)",
        "example-1",
        {
            DEMAND: {
                0.4: ("-353.96", "4%"),
                0.6: ("-173.13", "1%"),
                0.8: ("-373.33", "1%"),
                1.0: ("245.57", "1%"),
                1.2: ("574.31", "1%"),
            },
            LIMITS: {
                0.8: ("-210.25", "1%"),
                0.9: ("44.43", "0%"),
                1.0: ("245.57", "1%"),
                1.1: ("366.76", "1%"),
                1.2: ("217.47", "1%"),
            },
            CONGESTION: {
                0.6: ("-926.62", "3%"),
                0.8: ("-209.09", "1%"),
                1.0: ("245.57", "1%"),
                1.2: ("661.64", "2%"),
                1.4: ("780.4", "2%"),
            },
        },
    ),
    "xie-table-e1": PrintedTable(
        "X, Table E.1: semi-balanced network",
        "semi-balanced",
        {
            DEMAND: {
                0.4: ("174.77", "2%"),
                0.6: ("927.92", "5%"),
                0.8: ("2049.56", "7%"),
                1.0: ("3630.03", "9%"),
                1.2: ("6223.75", "11%"),
            },
            LIMITS: {
                0.8: ("4848.68", "11%"),
                0.9: ("3630.03", "9%"),
                1.0: ("3630.03", "9%"),
                1.1: ("3630.03", "9%"),
                1.2: ("3630.03", "9%"),
            },
            CONGESTION: {
                0.6: ("2931.25", "7%"),
                0.8: ("3243.53", "8%"),
                1.0: ("3630.03", "9%"),
                1.2: ("4063.15", "10%"),
                1.4: ("3916.04", "9%"),
            },
        },
    ),
    "xie-table-e2": PrintedTable(
        "X, Table E.2: unbalanced network",
        "unbalanced",
        {
            DEMAND: {
                0.4: ("-1955.13", "20%"),
                0.6: ("-2916.15", "16%"),
                0.8: ("-4249.72", "15%"),
                1.0: ("-7052.69", "16%"),
                1.2: ("-17530.90", "24%"),
            },
            LIMITS: {
                0.8: ("-15468.80", "27%"),
                0.9: ("-10208.90", "20%"),
                1.0: ("-7052.69", "16%"),
                1.1: ("-5279.35", "13%"),
                1.2: ("-5894.77", "15%"),
            },
            CONGESTION: {
                0.6: ("-5704.80", "14%"),
                0.8: ("-6442.50", "15%"),
                1.0: ("-7052.69", "16%"),
                1.2: ("-7647.44", "16%"),
                1.4: ("-8445.68", "18%"),
            },
        },
    ),
}
