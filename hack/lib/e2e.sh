#!/usr/bin/env bash
# Runs a class of the e2e module from dist/: hack/lib/e2e.sh CLASS [ARGUMENT ...]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/hack/lib/java.sh"
find_jdk25
if [ ! -r "$root/dist/lib/e2e.classpath" ]; then
  echo "no $root/dist/lib/e2e.classpath: run hack/build first" >&2
  exit 1
fi
classpath=$(sed "s|[^:]*|$root/dist/lib/&|g" "$root/dist/lib/e2e.classpath")
export THRESHER_HOME=$root
exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xmx256m -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED \
  --sun-misc-unsafe-memory-access=allow -cp "$classpath" "$@"
