#!/usr/bin/env bash
# Builds `conformer` and runs it with the given arguments, where this is called from:
#
#   build/run.sh train photos --image-size 96 --epochs 15
#   build/run.sh --help
#
# CONFIGURATION=Debug builds for debugging. ConformerBackend=cpu|cuda picks the native binaries (build/Backend.props).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
project=$root/src/Microsoft.ML.Conformer.Cli
configuration=${CONFIGURATION:-Release}
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

# Standard output is the program's alone.
"$root/build/setup.sh" >&2
echo "run: building conformer (the first time, NuGet downloads packages for a minute or more) ..." >&2
if ! log=$(dotnet build "$project" -c "$configuration" --nologo -v q 2>&1); then
  printf '%s\n' "$log" >&2
  exit 1
fi
exec dotnet "$project/bin/$configuration/net10.0/conformer.dll" "$@"
