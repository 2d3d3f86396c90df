"""The stream: labelled rows that production brought, out of its records, to train on and to be judged by.

places    folders, buckets and agents' folders that hold records
collect   records to candidates: predictions that found their label
fitting   candidates to fit rows: `python -m pipeline stream` checks them as the source's rows are checked
files     data/stream/rows.parquet, which the stages read, and waiting.parquet, which nobody does
take      all of it in one step
seal      waiting rows become people's next sealed set
"""
