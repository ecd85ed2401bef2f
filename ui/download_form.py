"""What the form says of a dataset whose files are not on this machine yet, and the button that gets them."""

import streamlit as st

from engine.datasets import downloading
from engine.datasets.catalogue import DATASETS
from engine.quantities import size
from ui.fields import Fields
from ui.plain import plain

REFRESH_SECONDS = 0.5


def show(fields: Fields, dataset: str) -> None:
    """Nothing where the files are there; else why nothing can start, and how to change that."""
    if not DATASETS[dataset].download:
        return
    download = downloading.present(dataset)
    if download and not download.ended:
        fields.refuse("dataset", "The files are on their way.", icon=":material/downloading:")
        st.fragment(_progress, run_every=REFRESH_SECONDS)(dataset)
    elif sentence := DATASETS[dataset].absent({}):
        fields.refuse("dataset", sentence, icon=":material/download:")
        st.button("Download", icon=":material/download:", on_click=_begin, args=(dataset,), width="stretch",
                  key="train.download")  # fmt: skip
        if download and download.trouble:
            st.error(plain(download.trouble), icon=":material/cloud_off:")


def _begin(dataset: str) -> None:
    downloading.begin(dataset)


def _progress(dataset: str) -> None:
    download = downloading.present(dataset)
    if download is None or download.ended:
        st.rerun()
    share = download.done / download.total if download.total else 0.0
    st.progress(min(share, 1.0), text=f"{size(download.done)} of {size(download.total)}")
