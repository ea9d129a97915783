"""What tests look at and press on the officer's desk."""

from playwright.async_api import Locator, Page, Request, expect


def part(page: Page, name: str) -> Locator:
    """A part of the desk by its name."""
    return page.locator(f"#desk [data-part={name}]")


async def press(page: Page, word: str) -> None:
    """Press the primary button once it says this word."""
    await part(page, "primary").get_by_text(word, exact=True).click()


async def says(page: Page, word: str) -> None:
    """Wait until the primary button says this word: what was pressed before has been answered."""
    await expect(part(page, "primary").locator("span")).to_have_text(word)


def commands(page: Page) -> list[str]:
    """The commands that the page sends from now on."""
    sent: list[str] = []

    def look(request: Request) -> None:
        if request.method != "GET":
            sent.append(f"{request.method} {request.url.partition('/api/')[2]}")

    page.on("request", look)
    return sent
