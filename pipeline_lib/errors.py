"""What a person at the keyboard can mend. Anything else is a bug and keeps its traceback.

PipelineError
├── ParamsError     params.yaml does not say what the stages need
├── SourceError     a source could not be read: missing, corrupt, away, empty
├── FormatError     a file between two stages is not what its reader expects
├── DataError       the data cannot carry what was asked (empty corpus, vocabulary or context too large)
├── LeakError       a model is better than can be: it saw what it is asked, or it sees the future
├── ResumeError     a saved state and this run do not belong together
├── TrainingError   training cannot go on (a loss that is not a number)
└── RankError       another process that trains along is gone; starting again goes on

Every message reads `<where>: expected <what>, found <what>; <what to do>`.
"""


class PipelineError(Exception):
    """Root of every error this library raises on purpose; `stage.run` prints it as one sentence."""


class ParamsError(PipelineError):
    """params.yaml does not say what the stages need."""


class SourceError(PipelineError):
    """A source could not be read."""


class FormatError(PipelineError):
    """A file between two stages is not what its reader expects."""


class DataError(PipelineError):
    """The data cannot carry what the parameters ask."""


class LeakError(PipelineError):
    """A model is better than can be."""


class ResumeError(PipelineError):
    """A saved state and this run do not belong together."""


class TrainingError(PipelineError):
    """Training cannot go on."""


class RankError(PipelineError):
    """Another process that trains along is gone."""
