"""The errors that people see: one line each."""


class OmniVLMError(Exception):
    """Something the user can mend; the message says what is wrong, where, and what to do."""


class CheckpointError(OmniVLMError):
    """A folder that holds no usable weights."""


class QuestionError(OmniVLMError):
    """One question that cannot be answered; others can."""
