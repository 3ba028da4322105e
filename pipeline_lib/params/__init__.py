"""params.yaml, typed: one section per stage, no defaults, nothing unread, every fault named at once.

A value has one home, params.yaml. The one exception is a source in `download.sources`: its optional fields may be
absent, since a mapping of many kinds would otherwise drown in nulls.
"""

from pipeline_lib.params.data import CleanParams, CorpusParams, ShardParams, TokenizerParams
from pipeline_lib.params.discretion import without_secrets
from pipeline_lib.params.duplicates import ContaminationParams, NearParams, ParagraphParams
from pipeline_lib.params.evaluation import EvaluateParams
from pipeline_lib.params.existing import ExistingModel
from pipeline_lib.params.model import BudgetParams, ExpertParams, LatentParams, ModelParams
from pipeline_lib.params.quality import (
    C4Params,
    FineWebParams,
    GopherQualityParams,
    GopherRepetitionParams,
    QualityParams,
    SwallowParams,
)
from pipeline_lib.params.reading import Params, check, read_params
from pipeline_lib.params.runtime import RuntimeParams, project_root
from pipeline_lib.params.section import Section, Share
from pipeline_lib.params.sources import (
    ROLES,
    DownloadParams,
    FileSource,
    HubSource,
    Role,
    Source,
    SourceParams,
    TalesSource,
    WebSource,
)
from pipeline_lib.params.splits import Split
from pipeline_lib.params.training import (
    BatchedParams,
    GrpoParams,
    OptimizerParams,
    PretrainParams,
    SftParams,
)

__all__ = [
    "ROLES",
    "BatchedParams",
    "BudgetParams",
    "C4Params",
    "CleanParams",
    "ContaminationParams",
    "CorpusParams",
    "DownloadParams",
    "EvaluateParams",
    "ExistingModel",
    "ExpertParams",
    "FileSource",
    "FineWebParams",
    "GopherQualityParams",
    "GopherRepetitionParams",
    "GrpoParams",
    "HubSource",
    "LatentParams",
    "ModelParams",
    "NearParams",
    "OptimizerParams",
    "ParagraphParams",
    "Params",
    "PretrainParams",
    "QualityParams",
    "Role",
    "RuntimeParams",
    "Section",
    "SftParams",
    "ShardParams",
    "Share",
    "Source",
    "SourceParams",
    "Split",
    "SwallowParams",
    "TalesSource",
    "TokenizerParams",
    "WebSource",
    "check",
    "project_root",
    "read_params",
    "without_secrets",
]
