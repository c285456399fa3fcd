# Sourced by the scripts of this folder: finds a JDK 25 and Maven.
#
# Sets JAVA_HOME (and so the JVM that Maven itself runs on). The version is read from the JDK's `release` file, no JVM is started.

# Prints the feature version of the JDK in folder $1, nothing if it is none.
jdk_feature() {
  local line
  [ -r "$1/release" ] && [ -x "$1/bin/javac" ] || return 0
  while IFS= read -r line; do
    case $line in
      JAVA_VERSION=\"*) line=${line#JAVA_VERSION=\"}; line=${line%%\"*}; printf '%s\n' "${line%%.*}"; return 0 ;;
    esac
  done < "$1/release"
}

find_jdk25() {
  local candidate found
  for candidate in "${THRESHER_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/java/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* \
      "$(dirname "$(dirname "$(readlink -f "$(command -v javac 2>/dev/null || echo /nonexistent/bin/javac)")")")"; do
    [ -n "$candidate" ] && [ -d "$candidate" ] || continue
    if [ "$(jdk_feature "$candidate")" = 25 ]; then
      found=$candidate
      break
    fi
  done
  if [ -z "${found:-}" ]; then
    echo "MISSING: a JDK 25. Looked at THRESHER_JAVA_HOME, JAVA_HOME, /usr/lib/jvm, /opt, ~/.sdkman and the PATH." >&2
    echo "  Install one (for example Eclipse Temurin 25) and set JAVA_HOME to its folder." >&2
    return 1
  fi
  export JAVA_HOME=$found
}

find_maven() {
  if ! command -v mvn >/dev/null 2>&1; then
    echo "MISSING: Maven 3.8 or newer (Debian, Ubuntu: apt-get install maven)." >&2
    return 1
  fi
}

# Maven as this project runs it: no progress bars, no colours where nobody looks.
run_maven() {
  # The JDK 25 warns about what Maven's own libraries do; nothing here can change them.
  MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED" mvn -B -ntp "$@"
}
