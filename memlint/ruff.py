"""What to do here about what ruff has and memlint has not: each flag of `ruff check`, each setting of ruff's."""

from __future__ import annotations

PREVIEW = "memlint has no preview rules; `--select ALL` runs every rule there is"
NAMED = "memlint reads the Python files below a folder, and whatever file is named on the command line"
SAFETY = "how safe a fix is stands on its rule's page; choose with `fixable`, `unfixable` and `unsafe-fixes`"
FORMATTER = "memlint leaves the layout of code alone; this belongs to ruff"
OTHER_RULES = "no rule of memlint asks for this; it belongs to ruff"
PLUGINS = """
    flake8-annotations flake8-bandit flake8-boolean-trap flake8-bugbear flake8-builtins flake8-comprehensions
    flake8-copyright flake8-errmsg flake8-gettext flake8-implicit-str-concat flake8-import-conventions
    flake8-pytest-style flake8-quotes flake8-self flake8-tidy-imports flake8-type-checking flake8-unused-arguments isort
    mccabe pep8-naming pycodestyle pydoclint pydocstyle pyflakes pylint pyupgrade ruff
""".split()
"""Tables of settings for the rules of other linters."""

OPTIONS = {
    "--add-noqa": "write --add-ignore=REASON",
    "--extension": NAMED,
    "--preview": PREVIEW,
    "--no-preview": PREVIEW,
    "--show-settings": "`memlint config PATH` prints what is in force, and where it comes from",
    "--line-length": FORMATTER,
    "--dummy-variable-rgx": OTHER_RULES,
    "--show-source": "`--output-format full` shows the source",
    "--format": "it is called `--output-format`",
}
"""Flags of `ruff check`; one that memlint has is no entry."""

SETTINGS = {
    "lint": "memlint's settings stand in no sections; write its keys one level up",
    "format": FORMATTER,
    "analyze": OTHER_RULES,
    "preview": PREVIEW,
    "explicit-preview-rules": PREVIEW,
    "output-prefer-rule-codes": "memlint writes codes, and names of rules where a person reads",
    "extension": NAMED,
    "include": NAMED,
    "extend-include": NAMED,
    "per-file-target-version": "put a memlint.toml with `extend` and `target-version` in that folder",
    "extend-safe-fixes": SAFETY,
    "extend-unsafe-fixes": SAFETY,
    "extend-unfixable": "it is called `unfixable`, which adds to what files that are extended say",
    "line-length": FORMATTER,
    "indent-width": FORMATTER,
    "builtins": OTHER_RULES,
    "namespace-packages": "`src` says where imports begin, and a folder below needs no __init__.py",
    "external": "memlint heeds comments for other tools' codes as they are",
    "logger-objects": "write `[tool.memlint.knowledge]`, which teaches the rules a library",
    "task-tags": OTHER_RULES,
    "typing-modules": OTHER_RULES,
    "typing-extensions": OTHER_RULES,
    "future-annotations": OTHER_RULES,
    "allowed-confusables": OTHER_RULES,
    "dummy-variable-rgx": OTHER_RULES,
    "ignore-init-module-imports": OTHER_RULES,
    **dict.fromkeys(PLUGINS, OTHER_RULES),
}
"""Settings in `[tool.ruff]` and `[tool.ruff.lint]`; one that memlint has is no entry."""
