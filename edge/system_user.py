"""Who runs the command of an installed service, and where its files are then.

The service runs as a user of its own. Whoever manages it types `sudo edge devices`, and root's own configuration, or
files that root then owns among those of the service, would help nobody.
"""

import os
import pwd
from collections.abc import Sequence

NAME = "edge"
PLACES = {"XDG_CONFIG_HOME": "/etc", "XDG_DATA_HOME": "/var/lib", "CREDENTIALS_DIRECTORY": "/etc/edge"}
"""Where the service's configuration, data and the file mqtt-password are, as the profile knows them."""
_AS_ROOT = ("service", "backup", "restore")
"""What root does as root: it installs, or has a file where the service may not go."""


def take_on(arguments: Sequence[str]) -> None:
    """Go on as the service's user where root has called, and use the service's files where either has."""
    try:
        user = pwd.getpwnam(NAME)
    except KeyError:
        return
    if os.geteuid() not in (0, user.pw_uid):
        return
    for variable, folder in PLACES.items():
        os.environ.setdefault(variable, folder)
    if os.geteuid() == 0 and not (arguments and arguments[0] in _AS_ROOT):
        os.initgroups(NAME, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        os.environ["HOME"] = user.pw_dir
