# Sourced by scripts/run and scripts/test, from the repository's root: makes .venv from a pinned lock, once.
# Needs Python 3.11 or later with venv. On Debian, as root, it installs what is missing of these.

say() {
    printf 'cocreate: %s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

# apt_install PACKAGE...: false where there is no apt or no right to use it.
apt_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    say "Installing $* with apt-get"
    apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for python in "${PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$python" >/dev/null 2>&1 && new_enough "$python"; then
            return 0
        fi
    done
    return 1
}

make_venv() {
    find_python || { apt_install python3 python3-venv && find_python; } ||
        fail "Python 3.11 or later was not found. Install it, or name one: PYTHON=/path/to/python sh scripts/run"
    # Debian ships venv without pip until python3-venv is there.
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || apt_install python3-venv ||
        fail "$python has no venv. On Debian: apt-get install python3-venv"
    say "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
}

# The stamp is a copy of the lock that was installed, so an interrupted install is repeated and a finished one
# costs one comparison.
is_installed() {
    cmp -s "$1" ".venv/.installed-$1"
}

# ensure_venv LOCK: .venv holds what LOCK pins. The development lock pins all that the run lock does, and serves for both.
ensure_venv() {
    { .venv/bin/python -m pip --version >/dev/null 2>&1 && new_enough .venv/bin/python; } || make_venv
    if is_installed "$1" || { [ "$1" = requirements.lock ] && is_installed requirements-dev.lock; }; then
        return 0
    fi
    rm -f .venv/.installed-*
    say "Installing $(grep -c '^[a-z].*==' "$1") pinned packages from $1 into .venv"
    .venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes --requirement "$1" ||
        fail "The packages of $1 could not be installed; the lines above say why."
    # The package is found by a path file rather than installed: nothing to build, always the source as it is.
    .venv/bin/python -c 'import os, pathlib, sysconfig
site = sysconfig.get_path("purelib")
pathlib.Path(site, "cocreate-source.pth").write_text(os.path.relpath("src", site) + "\n")'
    cp "$1" ".venv/.installed-$1"
}
