#!/usr/bin/env bash
# Builds everything and runs all tests. Arguments go to the test runner: ./test.sh --filter ClassName~Golden
# The last line is "N passed, N failed, N skipped".
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$root/scripts/setup.sh" --tests
# Without nodes of other builds: they would restore into the home folder of whoever started them.
dotnet build "$root/VkSparseGrad.sln" -c Release -v quiet -nologo -nodeReuse:false
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
dotnet exec "$root/Tests/bin/Release/net10.0/VkSparseGrad.Tests.dll" --progress off --no-ansi "$@" 2>&1 | tee "$log" || status=$?
count() { sed -n "s/^ *$1: \([0-9]*\)$/\1/p" "$log" | tail -n 1; }
passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped)
if [ -z "$passed" ]; then
  echo "The test runner ended without a summary." >&2
  exit 1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] || exit 1
exit "$status"
