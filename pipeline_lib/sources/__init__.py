"""Where text comes from: each kind of source yields documents or conversations, with provenance."""
