"""The program `elicence`: arguments in, one answer out, an exit code (contract section 4)."""

import argparse
import signal
import sys
import traceback
from collections.abc import Callable, Sequence

from .command_line import command_line
from .console import abandon_stdout, prepare_output, print_json, shown
from .errors import UsageError
from .exit_codes import UNAVAILABLE

_INTERRUPTED = 128 + signal.SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; nothing ends in a traceback."""
    words = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in words
    prepare_output(as_json=as_json)
    try:
        arguments = _parse(words)
        run: Callable[[argparse.Namespace], int] = arguments.run
        code = run(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        abandon_stdout()
        return 128 + signal.SIGPIPE
    except Exception as error:
        return _refuse(error, as_json=as_json)


def _parse(words: Sequence[str]) -> argparse.Namespace:
    arguments, unknown = command_line(words).parse_known_args(words)
    if unknown:
        # What is left over may be a holder's number: only options are named.
        options = " ".join(word.partition("=")[0] for word in unknown if word.startswith("--"))
        if options:
            raise UsageError(f"没有这个选项：{options}。用法请看 elicence --help 。", f"unknown: {options}")
        raise UsageError("参数过多。用法请看 elicence --help 。", "too many arguments")
    return arguments


def _refuse(error: Exception, *, as_json: bool) -> int:
    try:
        from .problem_rows import INTERNAL
        from .problems import problem_of
    except ImportError as broken:
        # Errors are told in the words of the packages below; without them nothing can be done at all.
        print(f"安装不完整  broken installation: {broken}", file=sys.stderr)
        return UNAVAILABLE

    problem = problem_of(error)
    if problem.row is INTERNAL:
        # Its text may hold what somebody typed: type and place are enough to find it.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        print(f"{type(error).__qualname__} at {frame.filename}:{frame.lineno}", file=sys.stderr)
    try:
        if as_json:
            print_json(problem.shape())
            sys.stdout.flush()
        else:
            lines = [f"错误  error [{problem.code}]: {problem.message.zh}  {problem.message.en}"]
            lines += [f"  {note}" for note in getattr(error, "__notes__", ())]
            lines += [f"  {one.pointer} [{one.code}]: {one.message.zh}  {one.message.en}" for one in problem.fields]
            print(shown("\n".join(lines)), file=sys.stderr)
    except OSError:
        abandon_stdout()
    return problem.row.exit_code
