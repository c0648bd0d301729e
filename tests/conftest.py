"""What all tests need from the process that they run in."""

import signal


def pytest_configure() -> None:
    """Signals that are ignored, as in the background of a shell or under nohup, would be ignored by every process that
    a test starts and signals."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)
