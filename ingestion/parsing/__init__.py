"""A file's bytes to blocks, by way of a confined child process that may crash, hang or lie without harm."""

from ingestion.parsing.parse import PARSER_VERSION, limits_of, parse_file, parse_many
from ingestion.parsing.unpack import Inside, unpack
from ingestion.reading.limits import ParseLimits

__all__ = ["PARSER_VERSION", "Inside", "ParseLimits", "limits_of", "parse_file", "parse_many", "unpack"]
