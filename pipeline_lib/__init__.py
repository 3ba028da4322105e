"""Everything the stages share, in floors: each imports only from the floors below it.

stage  tracking            the edge: arguments, parameters, progress, MLflow
report                     figures and the one-page report
training   evaluation      loops that yield metrics
tokenizing                 the corpus as token ids, part by part
model  text  tokens  sources  answers
tales                      the embedded corpus
engine  formats  presets   what lies on disk between two stages, and in scratch while one is made
params                     params.yaml, typed
errors  progress  shapes   what can go wrong; how far we are; shapes as types
"""
