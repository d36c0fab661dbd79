#!/usr/bin/env bash
# Installs what is missing: Qt's system libraries, uv, and the locked environment in .venv.
# Called by the Makefile from the repository root; a second call finds everything and ends at once.
set -euo pipefail

# library=package; the first line lets Qt start without a screen, the second opens a real window.
headless="libglib-2.0.so.0=libglib2.0-0 libdbus-1.so.3=libdbus-1-3 libEGL.so.1=libegl1 libGL.so.1=libgl1
    libfontconfig.so.1=libfontconfig1 libxkbcommon.so.0=libxkbcommon0"
window="libxcb-cursor.so.0=libxcb-cursor0 libxcb-icccm.so.4=libxcb-icccm4 libxcb-keysyms.so.1=libxcb-keysyms1
    libxcb-shape.so.0=libxcb-shape0 libxcb-xkb.so.1=libxcb-xkb1 libxkbcommon-x11.so.0=libxkbcommon-x11-0"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

may_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

apt_install() {
    as_root apt-get -qq update &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

missing_packages() {
    local wanted="$headless" known pair
    if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then wanted="$wanted $window"; fi
    known="$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null || true)"
    for pair in $wanted; do
        case "$known" in *"${pair%%=*} "*) ;; *) printf '%s ' "${pair#*=}" ;; esac
    done
    if [ -z "$(find /usr/share/fonts /usr/local/share/fonts "$HOME/.local/share/fonts" "$HOME/.fonts" \
        -name '*.[ot]t[fc]' -print -quit 2>/dev/null)" ]; then printf 'fonts-dejavu-core '; fi
}

system_libraries() {
    local packages
    [ "$(uname -s)" = Linux ] || return 0
    packages="$(missing_packages)"
    [ -n "$packages" ] || return 0
    # Unquoted on purpose: one word a package.
    # shellcheck disable=SC2086
    if may_install && echo "Installing what Qt needs: $packages" >&2 && apt_install $packages; then return 0; fi
    echo "Qt needs system libraries that could not be installed from here (Debian names): ${packages% }." >&2
}

find_uv() {
    local candidate
    for candidate in "$(command -v uv || true)" .venv-tools/bin/uv "$HOME/.local/bin/uv" "$HOME/.cargo/bin/uv"; do
        # A shim of a version manager may be found and yet not run.
        if [ -n "$candidate" ] && "$candidate" --version >/dev/null 2>&1; then echo "$candidate" && return 0; fi
    done
    return 1
}

uv_in_tools() {
    rm -rf .venv-tools
    python3 -m venv .venv-tools && .venv-tools/bin/python -m pip install --quiet uv
}

install_uv() {
    echo "Installing uv" >&2
    uv_in_tools >/dev/null 2>&1 && return 0
    # Debian splits venv off; a system without it may still have pip, or apt-get can bring it.
    python3 -m pip install --quiet --user uv >/dev/null 2>&1 && return 0
    python3 -m pip install --quiet --user --break-system-packages uv >/dev/null 2>&1 && return 0
    may_install && apt_install python3-venv && uv_in_tools && return 0
    echo "uv could not be installed: install it as its manual says, or python3 with pip or venv, then try again." >&2
    return 1
}

environment() {
    local uv
    # The stamp spares `uv sync`, which compiles every file anew.
    if [ -x .venv/bin/python ] && [ .venv/.filterscope-synced -nt pyproject.toml ]; then return 0; fi
    find_uv >/dev/null || install_uv || exit 1
    uv="$(find_uv)"
    "$uv" sync
    touch .venv/.filterscope-synced
}

system_libraries
environment
