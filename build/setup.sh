#!/usr/bin/env bash
# Makes `dotnet restore` work where the configured NuGet feeds lack Microsoft.ML.AutoML: packs a stand-in for it into the folder feed
# that NuGet.config lists (see build/localfeed/README.md). Where the feeds carry it, there is nothing to do.
#
# Safe to call at any time, twice at once too; what is up to date is left alone, and an interrupted call is made good by the next one.
# Exit codes: 0 done, 1 a step failed (its log is shown), 2 the .NET SDK is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/localfeed"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en LC_ALL=C NuGetAudit=false

say() { printf 'setup: %s\n' "$*"; }
fail() { say "$1 FAILED. The end of build/localfeed/.work/log.txt:" >&2 && tail -n 40 .work/log.txt >&2 && exit 1; }
run() { dotnet "$@" </dev/null 9>&-; } # without the lock, since compiler servers outlive this script
pinned() { sed -n "s/.*Include=\"$1\" Version=\"\([^\"]*\)\".*/\1/p" ../../Directory.Packages.props; }
command -v dotnet >/dev/null || { say "the .NET 10 SDK is missing: install it so that 'dotnet' is on the PATH." >&2 && exit 2; }
mkdir -p .work && exec 9>.work/lock
if command -v flock >/dev/null; then flock 9; fi
version=$(pinned Microsoft.ML.AutoML) ml_version=$(pinned Microsoft.ML)
[[ -n $version && -n $ml_version ]] || { say "Directory.Packages.props pins no Microsoft.ML.AutoML or no Microsoft.ML." >&2 && exit 1; }
# The feeds' answer is kept until the pinned versions or the feeds change.
question=$({ cat ../../Directory.Packages.props && run nuget list source; } | cksum)
answer=$(cat .work/answer 2>/dev/null || true)
if [[ $answer != "$question: "* ]]; then
  say "asking the NuGet feeds for Microsoft.ML.AutoML $version ..."
  if run restore Probe --artifacts-path .work/dotnet -p:AutoMLVersion="$version" >.work/log.txt 2>&1; then
    answer="$question: there"
  elif grep -q 'error NU110[123]' .work/log.txt && ! grep -q NU1301 .work/log.txt; then
    answer="$question: lacking"
  else
    fail "asking the NuGet feeds" # they could not be reached, say
  fi
  echo "$answer" >.work/answer
fi
[[ $answer == *lacking ]] || { say "nothing to do: the NuGet feeds carry Microsoft.ML.AutoML $version" && exit 0; }

pack() { # `&&` throughout: bash ignores `set -e` in what `||` follows
  local core=$cache/microsoft.ml/$ml_version/lib/netstandard2.0/Microsoft.ML.Core.dll key
  rm -rf .work/packages && run restore Microsoft.ML.AutoML --artifacts-path .work/dotnet &&
    key=$(grep -aom1 'Microsoft.ML.AutoML, PublicKey=[0-9a-f]*' "$core" | sed 's/.*=//; s/../\\x&/g') &&
    printf "$key" >.work/public.snk && # the hex digits as bytes
    run pack Microsoft.ML.AutoML --artifacts-path .work/dotnet -o .work/packages -p:Version="$version.1"
}

package=Microsoft.ML.AutoML.$version.1.nupkg stamp=feed/Microsoft.ML.AutoML.stamp
cache=${NUGET_PACKAGES:-$(run nuget locals global-packages --list | sed 's/^[^:]*: *//')}
sources=$(echo "$ml_version" && find Microsoft.ML.AutoML -name '*.cs*' ! -path '*/obj/*' | sort | xargs cksum ../../Directory.Build.props)
if [[ ! -f feed/$package || $(cat $stamp 2>/dev/null) != "$sources" ]]; then
  say "packing the stand-in for Microsoft.ML.AutoML $version, which the NuGet feeds lack ..."
  pack >.work/log.txt 2>&1 || fail "packing the stand-in"
  rm -f feed/*.nupkg feed/*.stamp && mv ".work/packages/$package" feed/ && echo "$sources" >$stamp
fi

# NuGet takes a version that it has unpacked once for good.
cached=${cache%/}/microsoft.ml.automl/$version.1
if [[ -d $cached ]] && ! cmp -s "$cached/microsoft.ml.automl.$version.1.nupkg" "feed/$package"; then
  rm -rf "$cached" && say "dropped a stand-in of another build from NuGet's cache"
fi
say "the stand-in for Microsoft.ML.AutoML $version is up to date"
