"""Errors a person sees, in Vietnamese."""


class BuildError(Exception):
    """A build that cannot start or finish. The message is one clear Vietnamese sentence; nothing was changed."""
