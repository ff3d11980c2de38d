#!/usr/bin/env bash
# Builds the benchmarks and measures: training, scoring, the data path, each beside its peers and this machine's limit, in turn.
#
#   build/bench.sh                                     everything, for half an hour
#   build/bench.sh accuracy --photos FOLDER            what training on photos reaches, as long again
#   build/bench.sh --quick                             what matters most, within three minutes
#   build/bench.sh score --reference FOLDER            beside the official code: FOLDER holds its conformer.py
#   build/bench.sh all --photos FOLDER --json FILE --page docs/benchmarks.md
#   build/bench.sh --gpu [--output FOLDER]             a folder to take to a machine with a GPU (build/gpu-runner.sh)
#
# OMP_NUM_THREADS is the number of threads, 2 unless it is set.
# --reference needs Debian's python3-torch with libopenblas0-openmp, and python3-torchvision; the server's load needs wrk. Nothing else should
# compute meanwhile.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ ${1:-} == --gpu ]]; then
  exec "$root/build/gpu-runner.sh" "${@:2}"
fi
project=$root/test/Microsoft.ML.Conformer.Benchmarks
configuration=${CONFIGURATION:-Release}
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2}

"$root/build/setup.sh" >&2
echo "bench: building ..." >&2
if ! log=$(dotnet build "$project" -c "$configuration" --nologo -v q 2>&1); then
  printf '%s\n' "$log" >&2
  exit 1
fi
exec dotnet "$project/bin/$configuration/net10.0/Microsoft.ML.Conformer.Benchmarks.dll" suite "$@"
