"""A file's bytes to blocks, by way of a confined child process that may crash, hang or lie without harm."""

from ingestion.parsing.parse import PARSER_VERSION, is_for_recogniser, limits_of, parse_file, parse_many
from ingestion.parsing.recognise import Recogniser, find_recogniser
from ingestion.parsing.unpack import Inside, unpack
from ingestion.reading.limits import ParseLimits

__all__ = [
    "PARSER_VERSION",
    "Inside",
    "ParseLimits",
    "Recogniser",
    "find_recogniser",
    "is_for_recogniser",
    "limits_of",
    "parse_file",
    "parse_many",
    "unpack",
]
