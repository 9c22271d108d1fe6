#!/bin/sh
# A browser for the tests: Playwright's own where it can be downloaded, else a system Chromium,
# on Debian through apt. First argument: the playwright command.
set -u
playwright=$1

limit=""
command -v timeout >/dev/null 2>&1 && limit="timeout 600" # macOS has none
if $limit "$playwright" install chromium >/dev/null 2>&1; then
    # Its libraries may be missing on a bare system; apt brings them where it may.
    "$playwright" install-deps chromium >/dev/null 2>&1 || true
    echo "Browser tests use Playwright's own Chromium."
    exit 0
fi
find_system() {
    for name in chromium chromium-browser; do
        command -v "$name" && return 0
    done
    return 1
}
if ! find_system >/dev/null && command -v apt-get >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
fi
if find_system >/dev/null; then
    echo "Browser tests use $(find_system)."
    exit 0
fi
echo "No browser could be installed. Install Chromium and run make test again." >&2
exit 1
