"""Events into curves, tables and words for the screen; free of Streamlit."""
