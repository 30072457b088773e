"""An invented province («Tỉnh Mẫu», H99) that writes the same kinds of export as real ones.

Nothing is imported here, so that the command line stays quick; use :mod:`dagster_project.demo.generate`.
Does not belong here: anything that reads landing, the warehouse or a published build.
"""
