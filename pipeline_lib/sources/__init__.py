"""Where text comes from: each source kind yields documents or conversations, with their provenance."""
