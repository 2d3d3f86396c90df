"""The section `retrain`: when a robot trains again, from where it takes rows, and how far it may go by itself."""

from typing import Any, Literal

from pydantic import Field, field_validator

from mainline.config.section import Section

Mode = Literal["off", "propose", "pull_request", "merge"]


class Retrain(Section):
    """When to train again, and what then."""

    mode: Mode = "pull_request"
    """Nothing, an issue, a pull request, or its merge where the gate lets it pass."""
    every: int = Field(30, ge=1)
    """Days after which enough new rows are a reason by themselves."""
    records: tuple[str, ...] = ()
    """Folders or addresses of the service's records."""

    @field_validator("mode", mode="before")
    @classmethod
    def _off_is_a_word(cls, value: Any) -> Any:
        return "off" if value is False else value

    @field_validator("records", mode="before")
    @classmethod
    def _one_place_will_do(cls, value: Any) -> Any:
        places = (value,) if isinstance(value, str) else value
        if not isinstance(places, list | tuple) or not all(isinstance(each, str) and each for each in places):
            raise ValueError("a folder or an address, or a list of them")
        return places
