"""`motcua` that takes what is laid down for an office for what it was when it was first read. For the test of the test
alone."""

from server.catalogue import service_kept
from server.cli import main


async def the_same_for_ever(_office: str) -> tuple[str | None, bool]:
    """In place of `service_kept._mark`: nothing ever changes."""
    return "the first", False


service_kept._mark = the_same_for_ever

if __name__ == "__main__":
    main()
