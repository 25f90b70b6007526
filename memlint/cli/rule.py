"""`memlint rule`: what a rule looks for, and why."""

from __future__ import annotations

import json

import click

from memlint.page import Page
from memlint.registry import RuleClass, all_rules, find, page_text
from memlint.settings import UsageError, suggestion

FORMATS = ("text", "json")


@click.command()
@click.argument("rule", required=False, metavar="[CODE|NAME]")
@click.option("--all", "every", is_flag=True, help="Every rule.")
@click.option("--output-format", default="text", metavar="FORMAT", help="text or json.")
def command(rule: str | None, every: bool, output_format: str) -> int:
    """Print a rule's page, or what programs need to know of it."""
    if output_format not in FORMATS:
        raise click.UsageError(
            f'--output-format: there is no format "{output_format}"{suggestion(output_format, FORMATS)}'
        )
    if (rule is None) != every:
        raise click.UsageError("name a rule by its code or name, or give --all")
    try:
        rules = list(all_rules()) if rule is None else [find(rule)]
        described = [metadata(each) for each in rules]
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    if output_format == "json":
        click.echo(json.dumps(described if every else described[0], indent=2, sort_keys=True))
    else:
        click.echo("\n\n".join(str(each["explanation"]).rstrip() for each in described))
    return 0


def metadata(rule: RuleClass) -> dict[str, object]:
    """What a program may want to know of a rule."""
    text = page_text(rule)
    return {
        "code": rule.code,
        "name": rule.name,
        "summary": Page(text).summary,
        "effect": rule.effect.value,
        "severity": rule.severity.label,
        "default": rule.default,
        "fixes": [safety.value for safety in rule.fixes],
        "explanation": text,
    }
