#!/usr/bin/env bash
# Builds the command and runs it. Without arguments it fine-tunes a small BERT as a demonstration; arguments go to the
# command: ./run.sh devices, ./run.sh train --help
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$root/scripts/setup.sh"
[ -t 1 ] && echo "Building ..."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! dotnet build "$root/Cli/Cli.csproj" -c Release -v quiet -nologo >"$log" 2>&1; then
  cat "$log" >&2
  echo "The build failed." >&2
  exit 1
fi
[ $# -gt 0 ] || set -- demo
dotnet "$root/Cli/bin/Release/net10.0/VkSparseGrad.Cli.dll" "$@"
