"""What is measured of a trained model."""

from pydantic import Field

from pipeline_lib.params.section import Section


class EvaluateParams(Section):
    seed: int
    max_tokens: int = Field(gt=0)
    """Tokens of validation and of test that bits per byte are measured on."""
    problems: int = Field(gt=0)
    """Problems of each evaluation source, answered greedily."""
    samples: int = Field(gt=1)
    """k of pass@k: completions of each problem at temperature 1."""
    sampled_problems: int = Field(ge=0)
    """Problems that pass@k is measured on."""
    max_new_tokens: int = Field(gt=0)
    free_samples: int = Field(ge=0)
    """Texts from nothing in each language, read back where the corpus is tales; 0: none."""
    pairs: int = Field(ge=0)
    """Minimal pairs of each phenomenon, where the corpus is tales; 0: none."""
