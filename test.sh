#!/usr/bin/env bash
# Builds everything and runs all tests. Arguments go to the test runner: ./test.sh --filter ClassName~Golden
# The last line is "N passed, N failed, N skipped".
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$root/scripts/setup.sh" --tests
# Without nodes of other builds: they would restore into the home folder of whoever started them.
dotnet build "$root/VkSparseGrad.sln" -c Release -v quiet -nologo -nodeReuse:false
logs=$(mktemp -d)
drivers=
trap 'rm -rf "$logs"; [ -z "$drivers" ] || kill -- "-$drivers" 2>/dev/null || true' EXIT
run() { dotnet exec "$root/Tests/bin/Release/net10.0/VkSparseGrad.Tests.dll" --progress off --no-ansi "$@" 2>&1; }
status=0
if [ "$#" -eq 0 ]; then
  # The runs of lavapipe's other settings are programs of their own that mostly compile, on one core: they go beside the rest, with
  # which SwiftShader and AMD's compiler stay, so that both take about as long.
  # As a process group, so that all of it ends with this script.
  set -m
  run --filter 'FullyQualifiedName~OtherDriverTests.Lavapipe' >"$logs/drivers" &
  drivers=$!
  set +m
  run --filter 'FullyQualifiedName!~OtherDriverTests.Lavapipe' | tee "$logs/rest" || status=$?
  wait "$drivers" || status=$?
  drivers=
  cat "$logs/drivers"
else
  run "$@" | tee "$logs/all" || status=$?
fi
# Every run ends with a summary of its own.
count() { sed -n "s/^ *$1: \([0-9]*\)$/\1/p" "$logs"/* | awk '{ sum += $1 } END { print sum + 0 }'; }
if [ "$(grep -lE '^ *succeeded: [0-9]+$' "$logs"/* | wc -l)" -ne "$(ls "$logs" | wc -l)" ]; then
  echo "The test runner ended without a summary." >&2
  exit 1
fi
passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped)
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] || exit 1
exit "$status"
