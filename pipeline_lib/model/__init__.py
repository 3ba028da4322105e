"""The network. Letters for shapes, everywhere:

B batch, T time, C channels, H heads, K key-value heads, D head width, F feed-forward width, V vocabulary,
G completions per prompt, S time including what the cache holds, E experts, L latent width, R rotary width where it is
apart, U width of a value where it is not D.
"""
