"""Audit of the lists of photos that anybody published: what a split lets through."""
