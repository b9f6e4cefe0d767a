# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's kernels, downloaded with apt and unpacked in a cache folder; nothing is installed.

apt runs with lists, cache and sources of our own, so that neither root nor a suite in the machine's own sources is
needed; its mirror, keys, proxies and other settings are the machine's."""
import fcntl
import lzma
import os
import re
import shutil
import subprocess
import tempfile

SUITES = {"6.1": "bookworm", "6.12": "bookworm-backports"}
# The cloud kernel is small; the other has drivers of Ethernet devices.
PACKAGES = {"6.1": "linux-image-cloud-amd64", "6.12": "linux-image-amd64"}
FOLDERS = {"6.1": "6.1", "6.12": "6.12-amd64"}  # in the cache, where an older clone has its cloud kernel in 6.12
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Unavailable(Exception):
    """The guest cannot be had on this machine."""


def quiet(command, **more):
    done = subprocess.run(command, text=True, capture_output=True, check=False, **more)
    if done.returncode != 0:
        raise Unavailable(f"{command[0]}: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout


def sources():
    """A deb line for each suite, from where the machine has its bookworm."""
    fields = "$(RELEASE)|$(COMPONENT)|$(REPO_URI)|$(SIGNED_BY)|$(ORIGIN)"
    found = {}
    for line in quiet(["apt-get", "indextargets", "--format", fields, "Created-By: Packages"]).splitlines():
        suite, component, uri, key, origin = line.split("|")
        # Without downloaded lists apt knows no origin and prints the word itself.
        if component == "main" and origin in ("Debian", "", "$(ORIGIN)"):
            found.setdefault(suite, (uri, key))
    if SUITES["6.1"] not in found:
        raise Unavailable("apt's sources on this machine name no Debian bookworm main")
    lines = []
    for suite in SUITES.values():
        uri, key = found.get(suite, found[SUITES["6.1"]])
        if not key.startswith("/"):
            key = KEYRING if os.path.exists(KEYRING) else ""
        lines.append("deb " + (f"[signed-by={key}] " if key else "") + f"{uri} {suite} main\n")
    return lines


class Apt:
    def __init__(self, folder):
        self.folder = folder
        for name in ("lists/partial", "archives/partial"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        listing = os.path.join(folder, "sources.list")
        with open(listing, "w") as f:
            f.writelines(sources())
        settings = {"Dir::Etc::sourcelist": listing, "Dir::Etc::sourceparts": "-", "Dir::State::Lists": os.path.join(folder, "lists"),
                    "Dir::Cache": folder, "APT::Sandbox::User": "", "Acquire::Retries": "3", "Acquire::Languages": "none",
                    "APT::Architecture": "amd64", "APT::Architectures": "amd64"}
        self.options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]

    def update(self):
        quiet(["apt-get", *self.options, "-qq", "update"])

    def image(self, kernel):
        """The package that the suite's own, of no version, stands for."""
        text = quiet(["apt-cache", *self.options, "show", PACKAGES[kernel]])
        for block in text.split("\n\n"):
            version = re.search(r"^Version: (\S+)", block, re.M)
            depends = re.search(r"^Depends: (linux-image-\S+)", block, re.M)
            if version and depends and version.group(1).startswith(kernel + "."):
                return depends.group(1)
        raise Unavailable(f"the suite {SUITES[kernel]} has no {PACKAGES[kernel]} {kernel}")

    def download(self, package, folder):
        quiet(["apt-get", *self.options, "-qq", "download", package], cwd=folder)
        return os.path.join(folder, next(name for name in os.listdir(folder) if name.endswith(".deb")))


class Kernel:
    """An unpacked kernel package: `image` to boot, and modules by their names."""

    def __init__(self, folder):
        self.folder = folder
        boot = os.path.join(folder, "boot")
        self.image = os.path.join(boot, next(n for n in os.listdir(boot) if n.startswith("vmlinuz-")))
        self.release = os.path.basename(self.image)[len("vmlinuz-"):]
        self.paths = {}
        for top, _, names in os.walk(folder):
            for name in names:
                if ".ko" in name:
                    self.paths[name.split(".ko")[0].replace("-", "_")] = os.path.join(top, name)

    def module(self, name):
        with open(self.paths[name], "rb") as f:
            data = f.read()
        return lzma.decompress(data) if self.paths[name].endswith(".xz") else data

    def modules(self, wanted):
        """name -> octets, what a module needs before it; those built into the kernel are left out."""
        loaded = {}

        def add(name):
            if name in loaded or name not in self.paths:
                return
            data = self.module(name)
            for needed in re.search(rb"\0depends=([^\0]*)\0", data).group(1).decode().split(","):
                add(needed.replace("-", "_"))
            loaded[name] = data

        for name in wanted:
            add(name)
        return loaded


def cache_folder(root):
    """Outside the build, so that another clone does not fetch them again."""
    home = os.environ.get("XDG_CACHE_HOME") or (os.path.join(os.environ["HOME"], ".cache") if os.environ.get("HOME") else "")
    default = os.path.join(home, "netweir", "guest") if home else os.path.join(root, "build", "guest-cache")
    return os.environ.get("NETWEIR_GUEST_CACHE") or default


def obtain(kernel, cache):
    """The kernel, from the cache or else from the archive. Safe beside another that does the same."""
    folder = os.path.join(cache, FOLDERS[kernel])
    os.makedirs(cache, exist_ok=True)
    with open(os.path.join(cache, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(folder):
            for tool in ("apt-get", "dpkg-deb"):
                if shutil.which(tool) is None:
                    raise Unavailable(f"{tool} is missing: this is not Debian")
            with tempfile.TemporaryDirectory(dir=cache) as work:
                apt = Apt(os.path.join(cache, "apt"))
                apt.update()
                package = apt.download(apt.image(kernel), work)
                unpacked = os.path.join(work, "unpacked")
                quiet(["dpkg-deb", "-x", package, unpacked])
                Kernel(unpacked)
                os.rename(unpacked, folder)
    return Kernel(folder)
