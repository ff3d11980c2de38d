using System.CommandLine;

namespace Conformer.Cli.Runs;

/// <summary>`conformer runs`: lists training runs, and compares them.</summary>
internal static class RunsCommand
{
    private static readonly Argument<string[]> _folders = new("FOLDERS")
    {
        Description = $"A folder of runs, or the folders of several runs, which are compared. Default: {RunFolder.Default}.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<bool> _json = new("--json") { Description = "Write JSON." };

    public static Command Create()
    {
        var command = new Command(
            "runs", "Lists training runs, of each kind the best first; of several that are named says what they differ in.")
        {
            _folders, _json,
        };
        command.SetAction((parsed, _) => Work.RunAsync(() => Find(parsed.GetValue(_folders) ?? []), runs =>
        {
            if (parsed.GetValue(_json))
            {
                Facts.PrintJson(new { runs = runs.Select(one => new { folder = one.Folder.Path, record = one.Record.ToJson() }) });
                return 0;
            }
            var areNamed = parsed.GetValue(_folders) is { Length: > 1 and <= RunTable.MostCompared };
            foreach (var line in areNamed ? RunTable.List(runs).Append("").Concat(RunTable.Differences(runs)) : RunTable.List(runs))
                Console.WriteLine(line);
            return 0;
        }));
        return command;
    }

    private static List<FoundRun> Find(string[] folders)
    {
        if (folders is [])
            folders = [RunFolder.Default];
        var runs = new List<FoundRun>();
        foreach (var folder in folders)
        {
            if (!Directory.Exists(folder))
                throw new ArgumentException($"{_folders.Name}: there is no folder '{VisibleText.OfPath(folder)}'.");
            var path = Path.GetFullPath(folder);
            var found = (new RunFolder(path) is { HoldsRun: true } run ? [run]
                : Directory.GetDirectories(path).Select(one => new RunFolder(one)).Where(one => one.HoldsRun)).ToList();
            if (found.Count == 0)
                throw new ArgumentException($"{_folders.Name}: there is no run in '{VisibleText.OfPath(folder)}'.");
            foreach (var one in found)
                try
                {
                    runs.Add(new FoundRun(one, RunRecord.Read(one)));
                }
                catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
                {
                    Work.Tell("skipped", exception); // the others are worth showing
                }
        }
        return
        [
            .. runs.OrderBy(one => one.Record.IsOfDetector)
                .ThenByDescending(one => one.Record.Score ?? -1).ThenByDescending(one => one.Record.Started),
        ];
    }
}
