"""Pages, files, feeds and catalogue of the datasets."""
