"""What a command has to say."""

from collections.abc import Mapping
from dataclasses import dataclass

from .exit_codes import DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command has to say, for programs and for people."""

    shape: Mapping[str, object]
    text: str
    exit_code: int = DONE
