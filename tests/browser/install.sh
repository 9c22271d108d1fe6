#!/bin/sh
# A browser for the tests: a system Chromium if there is one, else Playwright's own where it can be
# downloaded, else Debian's through apt. First argument: the playwright command.
set -u
playwright=$1

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        echo "Browser tests use $(command -v "$name")."
        exit 0
    fi
done
if timeout 300 "$playwright" install chromium 2>/dev/null; then
    exit 0
fi
if command -v apt-get >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    if $as_root apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; then
        exit 0
    fi
fi
echo "No browser could be installed. Install Chromium and run make test again." >&2
exit 1
