"""``rnncli inspect --html``: a report in one file."""

from rnncli.cli.showing import check_page, write_page
from rnncli.inspection.report import report
from rnncli.inspection.request import ViewRequest
from rnncli.terminal.report import MARK, as_html


def write_report(output: str, request: ViewRequest) -> None:
    """Run all views that apply to a model, and write what they found to ``output``; InputError where that would replace
    something other than a report, or is no place for a file."""
    target = check_page(output, MARK, "report")
    write_page(target, as_html(report(request)))
