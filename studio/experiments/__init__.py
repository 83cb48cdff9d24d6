"""What runs several generations and measures them: comparisons, their files and their pages.

Knows the engine's messages and no llama.cpp, and neither window nor command line.
"""
