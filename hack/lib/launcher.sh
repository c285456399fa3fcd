#!/bin/sh
# Starts @PROGRAM@ on a Java 25: THRESHER_JAVA_HOME, JAVA_HOME, or one that lies in a usual place.
# THRESHER_JAVA_OPTS holds extra JVM options. The shell is replaced, so signals reach the JVM.
set -eu

self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=${self%/*}/$link ;; esac
done
case $self in */*) bin=${self%/*} ;; *) bin=. ;; esac
lib=$(cd "$bin/../lib" && pwd)

# True if folder $1 holds a Java 25. Reads the `release` file: starting a JVM to ask would cost more than starting the program.
is_java25() {
  [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
  while IFS= read -r line; do
    case $line in JAVA_VERSION=\"25[.\"+-]*) return 0 ;; esac
  done < "$1/release"
  return 1
}

java=
for home in "${THRESHER_JAVA_HOME:-}" "${JAVA_HOME:-}" "$lib/../java" /usr/lib/jvm/* /opt/java/*; do
  if [ -n "$home" ] && is_java25 "$home"; then
    java=$home/bin/java
    break
  fi
done
if [ -z "$java" ]; then
  echo "@PROGRAM@: no Java 25 found. Set THRESHER_JAVA_HOME or JAVA_HOME to the folder of a JRE or JDK 25." >&2
  exit 1
fi

classpath=
IFS=:
while IFS= read -r names; do
  for name in $names; do
    classpath=$classpath${classpath:+:}$lib/$name
  done
done < "$lib/@PROGRAM@.classpath"
unset IFS

aot=
main=@MAIN@
if [ -z "${THRESHER_AOT_OUTPUT:-}" ]; then
  [ ! -r "$lib/@PROGRAM@.aot" ] || aot="-XX:AOTCache=$lib/@PROGRAM@.aot"
else
  # The build trains the cache with a run of the program itself, or with several in one process.
  aot="-XX:AOTCacheOutput=$THRESHER_AOT_OUTPUT"
  main=${THRESHER_AOT_MAIN:-$main}
fi

# What starting leaves free in the C heap, 6 MB, goes back to the system; a trim takes half a millisecond.
# shellcheck disable=SC2086 # the options are words
exec "$java" @JVM@ -XX:TieredStopAtLevel=1 -XX:TrimNativeHeapInterval=3000 -XX:+ExitOnOutOfMemoryError -XX:-UsePerfData -Xlog:disable -Xlog:all=error:stderr \
  --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow $aot ${THRESHER_JAVA_OPTS:-} \
  -cp "$classpath" "$main" "$@"
