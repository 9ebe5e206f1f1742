#!/bin/sh
# Starts the verifier of this kit with a Python of the version it was made for; nothing is installed.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 78
for python in "$here/python/bin/python3" "python$VERSION" python3 python; do
  if "$python" -I -S -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$VERSION')" 2>/dev/null; then
    exec "$python" -I -S -B -X utf8 "$here/lib" "$@"
  fi
done
echo "需要 Python $VERSION，见 README.txt。  Python $VERSION is needed, see README.txt." >&2
exit 69
