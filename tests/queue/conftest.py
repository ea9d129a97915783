"""The queue under test: use cases called in process, on both engines, under a turned clock."""
