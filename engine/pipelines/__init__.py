"""Input pipelines, threads, devices and precision of both frameworks, measured or made to happen here."""
