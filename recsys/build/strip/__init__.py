"""A strip of similar products for a shop's own pages: a script, and a static file for each product."""

from recsys.build.strip.folder import check_strip
from recsys.build.strip.strip import StripOptions, StripReport, write_strip

__all__ = ["StripOptions", "StripReport", "check_strip", "write_strip"]
