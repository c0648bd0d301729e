"""What Python does not have on Windows, from "Availability" in the documentation of its library.

Of ``os`` and ``signal`` newer versions have some of it there; what the oldest supported one lacks counts.
"""

import re

MODULES = (
    *("crypt", "curses", "fcntl", "grp", "nis", "ossaudiodev", "posix", "pty", "pwd", "readline", "resource", "spwd"),
    *("syslog", "termios", "tty"),
)

NAMES = {
    "os": r"""
        O_(?!(APPEND|BINARY|CREAT|EXCL|NOINHERIT|RANDOM|RDONLY|RDWR|SEQUENTIAL|SHORT_LIVED|TEMPORARY|TEXT|TRUNC|WRONLY)\b)\w+
        chown chroot confstr\w* copy_file_range ctermid environb eventfd\w* fchdir fchmod fchown fdatasync fork forkpty
        fpathconf fstatvfs fwalk getenvb (get|set)_blocking getloadavg getpriority getrandom (get|set|remove|list)xattr
        get(e|res)?[ug]id getgrouplist getgroups getpgid getpgrp getsid initgroups killpg lch\w+ lockf login_tty major
        makedev minor memfd_create mkfifo mknod nice openpty pathconf\w* pidfd_open pipe2 posix_\w+ preadv? pwritev?
        readv writev register_at_fork sched_\w+ sendfile set(e|re|res)?[ug]id setgroups setns setpgid setpgrp
        setpriority setsid splice statvfs\w* sync sysconf\w* tc[gs]etpgrp ttyname uname unshare wait wait3 wait4 waitid
        W[A-Z]+ (CLD|EFD|F|MFD|POSIX|PRIO|RTLD|RWF|SCHED|SPLICE|ST|XATTR)_(?!OK\b)\w+ P_(ALL|PGID|PID|PIDFD)
        (EX|GRND)_\w+ NGROUPS_MAX SEEK_(DATA|HOLE) spawn[lv]pe?""",
    "signal": r"""
        SIG(?!(ABRT|BREAK|FPE|ILL|INT|SEGV|TERM)\b)[A-Z]\w+ SIG_(BLOCK|UNBLOCK|SETMASK) ITIMER_\w+ Sigmasks alarm
        [gs]etitimer pause pidfd_send_signal pthread_\w+ siginterrupt sigpending sigtimedwait sigwait\w*""",
    "time": r"tzset clock_(get|set)\w+ pthread_getcpuclockid CLOCK_\w+",
    "select": r"d?e?poll kqueue kevent EPOLL\w* KQ_\w+ POLL\w+",
    "mmap": r"MAP_\w+ PROT_\w+ MADV_\w+",
    "shutil": r"chown",
    "sys": r"abiflags [gs]etdlopenflags",
}
_PATTERNS = {module: re.compile("|".join(words.split())) for module, words in NAMES.items()}


def is_posix_only(module: str, name: str) -> bool:
    """Whether Windows lacks ``name`` of ``module``."""
    return module in _PATTERNS and _PATTERNS[module].fullmatch(name) is not None
