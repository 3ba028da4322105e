"""Everything the stages share, in floors: each imports only from the floors below it.

stage  tracking            the edge: arguments, parameters, progress, MLflow
report                     figures and the one-page report
training   evaluation      loops that yield metrics
model  text  tokens  sources  answers
tales                      the embedded corpus
engine  formats  presets   what lies on disk between two stages
params                     params.yaml, typed
errors  progress  shapes   what can go wrong; how far we are; shapes as types
"""
