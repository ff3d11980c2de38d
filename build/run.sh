#!/usr/bin/env bash
# Sets up and runs a sample with the given arguments; without any it works on generated images.
#
#   build/run.sh [--data FOLDER] [--output FOLDER] ...          samples/FineTune: fine-tunes (build/run.sh --help lists all)
#   build/run.sh sweep [--data FOLDER] [--output FOLDER] ...    samples/AutoMLSweep: tunes the options (build/run.sh sweep --help)
#
# CONFIGURATION=Debug builds for debugging. ConformerBackend=cpu|cuda picks the native binaries (build/Backend.props).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
configuration=${CONFIGURATION:-Release}
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

sample=FineTune results=finetune
if [[ ${1:-} == sweep ]]; then
  sample=AutoMLSweep results=sweep
  shift
fi
arguments=("$@")
# Results belong to the checkout, wherever this is called from.
if [[ " $* " != *" --output"[\ =:]* ]]; then
  arguments+=(--output "$root/artifacts/$results")
fi

"$root/build/setup.sh"
echo "run: building samples/$sample ..."
if ! log=$(dotnet build "$root/samples/$sample" -c "$configuration" --nologo -v q -nowarn:NU1603 2>&1); then
  printf '%s\n' "$log" >&2
  exit 1
fi
exec dotnet "$root/samples/$sample/bin/$configuration/net10.0/$sample.dll" "${arguments[@]}"
