"""The Streamlit dashboard over the published build."""
