"""Training loops. Each yields metrics; none prints or logs. A killed run goes on from its newest state (`resume`)."""
