"""The report: files of the dev side in; a page, a comment and a model card out."""
