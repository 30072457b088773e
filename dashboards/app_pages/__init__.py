"""The pages of the dashboard: each has ``render(view)``, which queries through data_access and draws."""
