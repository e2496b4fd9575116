"""How spreadsheets show numbers and days: by their format's code, without its ornaments."""

import re
from datetime import datetime, timedelta

DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
DAYS = 2_958_465  # the last day of the year 9999
quoted = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
date_part = re.compile(r"[ymdhs]", re.I)


def is_date_format(code: str) -> bool:
    first = quoted.sub("", code).partition(";")[0]
    return (
        bool(date_part.search(first))
        and "0" not in first.replace("0.0", "").replace("00", "")
        and "General" not in first
    )


def date_text(value: float, *, since_1904: bool = False) -> str:
    """A day counted from 1900 (or 1904), with its time where it has one."""
    if not 0 <= value <= DAYS:
        return number_text(value)
    start = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)
    moment = start + timedelta(seconds=round(value * 86400))
    if value < 1:
        return moment.strftime("%H:%M:%S")
    return moment.strftime("%Y-%m-%d") if value == int(value) else moment.strftime("%Y-%m-%d %H:%M:%S")


def number_text(value: float) -> str:
    """As a person would type it: fifteen digits, no exponent where it can be helped."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.15g}"
