"""Data of a study: built-in sets, files, arrays; and their splits."""

from onewarm.errors import needs

with needs("onewarm.study", "study"):  # tables, which read the files, would name the extra of the audit
    import pyarrow  # noqa: F401
