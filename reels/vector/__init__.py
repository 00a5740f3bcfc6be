"""Drawings of foreign text (formulas, diagrams), made in a child process of few rights.

The `…_worker` modules run there and import little; `sandbox` runs them from here.
"""
