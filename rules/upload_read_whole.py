from __future__ import annotations

import ast
import re

from memlint.api import Definition, DefinitionKind, Effect, Facts, Rule, Severity, Slice, all_of, cst, known

LIMIT = re.compile(
    r"(?i)max_?\w*(size|bytes|len|upload|content|mb)|size_?\w*(limit|max)|limit_?\w*(size|bytes|upload)|content[-_]length|\.size\b"
)
"""What a file holds that checks or configures how large an upload may be."""
READ = "read"


class UploadReadWhole(Rule):
    """An upload of any size becomes one bytes object, where the framework had put it into a file on disk."""

    code = "ML409"
    name = "upload-read-whole"
    effect = Effect.PEAK
    severity = Severity.INFO
    default = False
    gate = all_of(rb"\.(?:\s|\\\n)*read\b", file=(rb"UploadFile|FILES|files",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(upload(facts, call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = upload(self.facts, call) if call else None
        if call is None or found is None:
            return
        what = self.quoted(found) or "the upload"
        self.report(
            call,
            f"this holds all of {what} in memory, whatever a client sends: read it in chunks, or check its size first",
        )


def upload(facts: Facts, call: ast.Call) -> ast.expr | None:
    """The upload that a call reads whole, in a file that says nothing of how large one may be."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != READ or call.args or call.keywords:
        return None
    source = call.func.value
    if isinstance(source, ast.Attribute) and source.attr == "file":
        source = source.value
    return source if is_upload(facts, source) and LIMIT.search(facts.source.text) is None else None


def is_upload(facts: Facts, source: ast.expr) -> bool:
    """Whether an expression is an upload: by the annotation of a parameter, or as an entry of a request's files."""
    if isinstance(source, ast.Name):
        binding = facts.names.binding(source)
        sole = binding.sole if binding else None
        if sole is None:
            return False
        if sole.kind is DefinitionKind.PARAMETER:
            return is_annotated(facts, sole)
        return sole.kind is DefinitionKind.ASSIGNMENT and sole.value is not None and is_entry(facts, sole.value)
    return is_entry(facts, source)


def is_annotated(facts: Facts, parameter: Definition) -> bool:
    """Whether a parameter is annotated as an upload, be it optional or with what the framework is to do."""
    annotation = parameter.node.annotation if isinstance(parameter.node, ast.arg) else None
    core = facts.kinds.annotations.core(annotation)
    return core is not None and facts.names.qualified(core) in known("requests", "uploads", "classes")


def is_entry(facts: Facts, value: ast.expr) -> bool:
    """Whether a value is taken out of the files of a request: `request.files["report"]`."""
    files = value.value if isinstance(value, ast.Subscript) else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "get":
        files = value.func.value
    if not isinstance(files, ast.Attribute):
        return False
    if facts.names.qualified(files) in known("requests", "uploads", "files"):
        return True
    return (
        "django" in facts.source.text
        and files.attr == "FILES"
        and ast.unparse(files.value) in ("request", "self.request")
    )
