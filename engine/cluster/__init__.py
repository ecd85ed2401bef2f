"""Runs on other machines: a Dask cluster whose nodes start the same workers. Nothing here is needed without one."""
