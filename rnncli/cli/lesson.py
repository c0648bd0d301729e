"""rnncli lesson: the study notes, computed live. Each lesson is a command with options of its own."""

import inspect
from collections.abc import Callable
from itertools import takewhile
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rnncli.cli.completion import model_files
from rnncli.cli.options import Command, OwnCommand, option, settings
from rnncli.errors import InputError
from rnncli.lessons import LESSONS, MODEL_FILE, Lesson, Option, contents, find

MARK = "<!doctype html>\n<!-- a lesson of rnncli -->\n"
"""How every page of a lesson begins, so that none but such a page is ever overwritten."""

OUTPUT = "Output"


class Lessons(OwnCommand, TyperGroup):
    """The lessons in their order, each by its name or by a word of the notes."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """A name may be of several words, since no lesson takes others but options."""
        words = list(takewhile(lambda word: not word.startswith("-"), args))
        name = find(" ".join(words))
        try:
            return super().resolve_command(ctx, args if name is None else [name, *args[len(words) :]])
        except typer.TyperException as error:
            if "Did you mean" in error.format_message():
                raise
            raise InputError(f"there is no lesson {' '.join(words)}; rnncli lesson lists them") from None


lessons = typer.Typer(cls=Lessons, invoke_without_command=True)


@lessons.callback()
def listed(
    ctx: typer.Context,
    json: Annotated[bool, option("--json", help="Print the list as one JSON object.")] = False,
) -> None:
    """The study notes, computed live: numbers, pictures, and what to change. Without a name, list the lessons.

    \b
      rnncli lesson                      the lessons, and the words of the notes
      rnncli lesson activations          what a unit makes of its sum
      rnncli lesson activations --help   what can be changed there
      rnncli lesson 활성화 함수          the same lesson, by its name in the notes
    """
    ctx.obj = json  # before the name of a lesson, or RNNCLI_JSON: for that lesson too
    if ctx.invoked_subcommand is None:
        from rnncli.cli.showing import show

        show(contents(), json, csv=False)


def _command(lesson: Lesson) -> Callable[..., None]:
    """The command that shows a lesson."""

    def show(
        ctx: typer.Context,
        json: Annotated[bool, option("--json", help="Print one JSON object.", panel=OUTPUT)] = False,
        csv: Annotated[bool, option("--csv", help="Print rows, for a spreadsheet.", panel=OUTPUT)] = False,
        html: Annotated[
            str | None,
            option("--html", metavar="PATH", help="Write a page for a browser.", show_default=False, panel=OUTPUT),
        ] = None,
        **values: Any,
    ) -> None:
        if json + csv + (html is not None) > 1:
            raise InputError("--json, --csv and --html are mutually exclusive; give one of them")
        if html is None:
            from rnncli.cli.showing import show as show_result

            show_result(lesson(**values), json or (ctx.obj and not csv), csv)
            return
        from rnncli.cli.reporting import check_page, write_page
        from rnncli.terminal.report import results_as_html

        check_page(html, MARK)
        write_page(html, results_as_html(MARK, lesson.command(), lesson.name.capitalize(), [lesson(**values)]))

    signature = inspect.signature(show)
    context, *output, _ = signature.parameters.values()
    described: Any = show
    described.__signature__ = signature.replace(parameters=[context, *map(_parameter, lesson.options), *output])
    lines = [(lesson.command(), "as it begins"), *((lesson.command(words), see) for words, see in lesson.changes)]
    margin = max(len(command) for command, _ in lines) + 3
    question = lesson.question.format(**lesson.defaults())
    examples = "\n".join(f"  {command:<{margin}}{see}" for command, see in lines)
    described.__doc__ = f"{lesson.summary[0].upper()}{lesson.summary[1:]}.\n\n{question}\n\n\b\n{examples}"
    return show


def _parameter(given: Option) -> inspect.Parameter:
    """An option of a lesson as a parameter that Typer reads."""
    shown: dict[str, Any] = {"show_default": given.shown} if given.shown else {}
    if given.values is MODEL_FILE:
        shown["autocompletion"] = model_files
    flag = f"--{given.name.replace('_', '-')}"
    annotation = Annotated[Any, option(flag, help=given.help, **settings(given.values), **shown)]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(given.name, kind, default=given.default, annotation=annotation)


for _lesson in LESSONS.values():
    lessons.command(_lesson.name, cls=Command)(_command(_lesson))
