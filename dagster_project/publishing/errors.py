"""Errors a person sees, in Vietnamese."""


class BuildError(Exception):
    """A build that cannot start or finish. The message is one clear Vietnamese sentence; nothing was changed."""


class BuildMissingError(BuildError):
    """Nothing has been published under this data root yet."""


class BuildBrokenError(BuildError):
    """A published build does not match its manifest; the message says what differs and what to do."""
