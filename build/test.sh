#!/usr/bin/env bash
# Sets up, builds everything with warnings as errors, and runs all tests; arguments go to `dotnet test`:
#
#   build/test.sh --filter 'FullyQualifiedName~Golden'
#
# Results are left in artifacts/test-results/. Exits with 0 only if the build succeeded and no test failed. A test project of which no
# test begins or ends for five minutes is ended; what it was running is named, and counts as failed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
configuration=${CONFIGURATION:-Release}
solution=$root/Microsoft.ML.Conformer.sln
results=$root/artifacts/test-results
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en
# Two test classes run at once (test/Microsoft.ML.Conformer.Tests/TestAssembly.cs), each with one thread of libtorch: more would compete
# for two cores.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

rm -rf "$results"
"$root/build/setup.sh"
dotnet build "$solution" -c "$configuration" --nologo -v q -clp:NoSummary -warnaserror '-warnnotaserror:NU1901;NU1902;NU1903;NU1904'

status=0
dotnet test "$solution" -c "$configuration" --no-build --nologo \
  --blame-hang-timeout 5m --blame-hang-dump-type none \
  --logger 'console;verbosity=minimal' --logger trx --results-directory "$results" "$@" || status=$?

unescape() { sed 's/\r$//; s/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'; }
# One line a test from the result files: its outcome, and for what did not run its name and the reason that it gave.
outcomes=$(sed -n 's/.*<UnitTestResult .*testName="\([^"]*\)".* outcome="\([^"]*\)".*/\2 \1/p
  s/.*<Message>\(Assert\.Inconclusive\. \)\{0,1\}\([^<]*\).*/  \2/p' "$results"/*.trx 2>/dev/null | unescape || true)
# What a test project was running when it was ended or crashed is in no result file but in a list of its own.
unfinished=$(sed -n 's/.*<Test Name="\([^"]*\)" DisplayName="\([^"]*\)".* Completed="False".*/\1: \2/p' \
  "$results"/*/Sequence_*.xml 2>/dev/null | unescape | sort -u || true)
count() { grep -cE "^($1) " <<<"$outcomes" || true; }
passed=$(count Passed)
skipped=$(count 'NotExecuted|Inconclusive')
failed=$(count '[A-Z][A-Za-z]*')
failed=$((failed - passed - skipped + $(grep -c . <<<"$unfinished" || true)))

echo
if [[ $skipped -gt 0 ]]; then
  echo "test: skipped, and why:"
  awk '/^ / { if (skipped) print "  " name ":" $0; skipped = 0; next }
       { skipped = $1 ~ /NotExecuted|Inconclusive/; name = substr($0, index($0, " ") + 1) }' <<<"$outcomes" | sort | uniq
fi
if [[ -n $unfinished ]]; then
  echo "test: did not end, or ended the test host:"
  awk '{ print "  " $0 }' <<<"$unfinished"
fi
if [[ $((passed + failed + skipped)) -eq 0 ]]; then
  echo "test: no test ran"
fi
if [[ $failed -gt 0 && $status -eq 0 ]]; then
  status=1
fi
echo "test: $passed passed, $failed failed, $skipped skipped"
exit "$status"
