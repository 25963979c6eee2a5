#!/usr/bin/env bash
# Makes build/vksparsegrad-linux-x64.tar.gz: the command with everything it needs but the Vulkan loader and a driver, for a
# machine without the .NET SDK. Unpack it there and run ./vksparsegrad/vksparsegrad conformance
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/scripts/setup.sh"
out=$root/build/portable/vksparsegrad
rm -rf "$out"
dotnet publish "$root/Cli/Cli.csproj" -c Release -r linux-x64 --self-contained -p:PublishTrimmed=true -v quiet -nologo -o "$out"
mv "$out/VkSparseGrad.Cli" "$out/vksparsegrad"
archive=$root/build/vksparsegrad-linux-x64.tar.gz
tar -C "$root/build/portable" -czf "$archive" vksparsegrad
echo "$archive: $(du -m "$archive" | cut -f1) MB packed, $(du -sm "$out" | cut -f1) MB unpacked"
