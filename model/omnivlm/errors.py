"""The errors that people see: one line each."""


class OmniVLMError(Exception):
    """Something the user can mend; the message says what is wrong, where, and what to do."""


class CheckpointError(OmniVLMError):
    """A folder that holds no usable weights."""


class QuestionError(OmniVLMError):
    """One question that cannot be answered; others can."""


class TrainingError(OmniVLMError):
    """A recipe, a data set or a training run that cannot go on."""


class PictureError(OmniVLMError):
    """A picture of a training set that is missing or broken; others can be read."""
