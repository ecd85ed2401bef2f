"""Events into tables, tables into figures; free of Streamlit."""
