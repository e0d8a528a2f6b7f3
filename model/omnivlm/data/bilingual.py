"""A lettered question in English and in Chinese about the same picture."""

from dataclasses import dataclass, field
from typing import Literal

from omnivlm.data.asked import Asked

Language = Literal["en", "cn"]


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A question in both languages.

    names: what an option is called in Chinese; one that is not in it is the same in both (a
    number, a word that is written in the picture). hints: the context in English and in Chinese.
    """

    english: str
    chinese: str
    answer: str
    wrong: tuple[str, ...]
    names: dict[str, str] = field(default_factory=dict)
    hints: tuple[str, str] = ("", "")

    def said(self, language: Language) -> Asked:
        """Put the question and its options into a language."""
        if language == "en":
            return Asked(self.english, self.answer, self.wrong, "lettered")
        wrong = tuple(self.names.get(option, option) for option in self.wrong)
        answer = self.names.get(self.answer, self.answer)
        return Asked(self.chinese, answer, wrong, "lettered")

    def hint(self, language: Language) -> str:
        """Return the context in a language."""
        return self.hints[0 if language == "en" else 1]
