"""What runs several generations and measures them: comparisons, their files and their pages."""
