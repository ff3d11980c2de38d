#!/usr/bin/env bash
# Publishes the benchmarks and the tests into a folder that needs no .NET SDK and no NuGet where it runs, but libtorch: it takes that of
# the PyTorch that is installed there.
#
#   build/gpu-runner.sh                        to artifacts/gpu-runner
#   build/gpu-runner.sh --output FOLDER
#
# For Linux on x64. The folder holds .NET's runtime, copied from this machine, and the scripts run.sh and gpu.sh, which say how they are
# called. ConformerOnnxRuntime=cpu takes ONNX Runtime without CUDA and TensorRT, 400 MB less.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
output=$root/artifacts/gpu-runner
while [[ $# -gt 0 ]]; do
  case $1 in
    --output) output=${2:?--output needs a folder} && shift 2 ;;
    *) echo "gpu-runner: unknown option '$1'; there is --output FOLDER" >&2 && exit 2 ;;
  esac
done
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en

mkdir -p "$output"
output=$(cd "$output" && pwd)
# What is replaced below has names that folders of others have, too.
if [[ -n $(ls -A "$output") && ! -f $output/libtorch-version ]]; then
  echo "gpu-runner: '$output' holds something else; name a new or an empty folder" >&2 && exit 2
fi
sed -n 's/.*Include="libtorch-cpu-linux-x64" Version="\([^"]*\)".*/\1/p' "$root/Directory.Packages.props" >"$output/libtorch-version"
"$root/build/setup.sh"
rm -rf "$output/app" "$output/dotnet" "$output/Training.App"
# One folder for all, as they use the same packages. The build has a folder of its own: it restores for one system, and without libtorch.
for project in Microsoft.ML.Conformer.Benchmarks Microsoft.ML.Conformer.Tests Training.App; do
  echo "gpu-runner: publishing $project ..."
  dotnet publish "$root/test/$project" -c Release -r linux-x64 --self-contained false -o "$output/app" --nologo -v q -clp:NoSummary \
    --artifacts-path "$root/artifacts/gpu-runner-build" -p:RunsAlone=true -p:EnableMSTestRunner=true -p:ConformerLibTorch=none \
    -p:ConformerOnnxRuntime="${ConformerOnnxRuntime:-cuda}"
done
# Where the tests look for the program that they start.
mkdir -p "$output/Training.App/bin/Release"
ln -s ../../../app "$output/Training.App/bin/Release/net10.0"

runtime=$(dotnet --list-runtimes | sed -n 's/^Microsoft\.NETCore\.App \(10\.0\.[0-9]*\) \[\(.*\)\]$/\2 \1/p' | sort -V | tail -n 1)
version=${runtime##* } home=$(dirname "$(dirname "${runtime% *}")")
mkdir -p "$output/dotnet/host/fxr" "$output/dotnet/shared/Microsoft.NETCore.App"
cp -L "$home/dotnet" "$output/dotnet/"
cp -rL "$home/host/fxr/$version" "$output/dotnet/host/fxr/"
cp -rL "$home/shared/Microsoft.NETCore.App/$version" "$output/dotnet/shared/Microsoft.NETCore.App/"

rm -rf "$output/goldens"
cp -r "$root/test/Microsoft.ML.Conformer.Tests/Goldens/Files" "$output/goldens"
cp "$root/build/gpu-runner/run.sh" "$root/build/gpu-runner/gpu.sh" "$output/"
cp "$root/test/Microsoft.ML.Conformer.Benchmarks/Suite/reference.py" "$output/"
echo "gpu-runner: $(du -sh "$output" | cut -f1) in $output; take it to the machine as it is, and start run.sh or gpu.sh there"
