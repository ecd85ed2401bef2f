"""What tells the frameworks apart in every figure: PyTorch vermilion and solid, TensorFlow blue and dashed."""

COLOURS = {"light": ("#D55E00", "#0072B2"), "dark": ("#FF7F3F", "#56B4E9")}  # by theme, in the order of FRAMEWORKS
DASHES = ("solid", "dash")
GREY = {"light": "#667485", "dark": "#93A1B2"}  # of what belongs to neither
