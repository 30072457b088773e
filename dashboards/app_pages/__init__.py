"""The pages of the dashboard: each has ``render(view)``, which queries through data_access and draws.

A long page has its sections in modules named after it, each with ``draw``.
"""
