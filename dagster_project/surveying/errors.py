"""The one exception of survey planning: a refusal that an officer can act on."""

from __future__ import annotations


class SurveyError(Exception):
    """A survey cannot be planned or followed as asked. ``str()`` is one Vietnamese sentence or two."""
