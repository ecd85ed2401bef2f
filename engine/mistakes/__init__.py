"""The debug lab: mistakes that people make, planted in both frameworks, with the tool that finds each and its mend."""
