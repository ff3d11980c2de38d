namespace Conformer.Cli.Runs;

/// <summary>A run's folder and what is known about it.</summary>
internal sealed record FoundRun(RunFolder Folder, RunRecord Record);

/// <summary>Runs in lines of text; a few of them are compared, too.</summary>
internal static class RunTable
{
    private const int MostCompared = 6, NameColumns = 24, ValueColumns = 16;

    public static IEnumerable<string> Lines(IReadOnlyList<FoundRun> runs) =>
        runs.Count is > 1 and <= MostCompared ? List(runs).Append("").Concat(Differences(runs)) : List(runs);

    private static IEnumerable<string> List(IReadOnlyList<FoundRun> runs) => TextTable.Lines(
        [
            new("run", NameColumns), new("state", 11), new("epochs", 9, IsNumber: true), new("accuracy", 8, IsNumber: true),
            new("95 % interval", 13), new("on", 10), new("train ms", 8, IsNumber: true),
        ],
        [.. runs.Select(one => (string[])[
            one.Folder.Name, one.Record.State.ToString().ToLowerInvariant(),
            one.Record.BestEpoch is { } best ? $"{best}/{one.Record.Epochs}" : $"{one.Record.Epochs}",
            one.Record.Accuracy is { } accuracy ? Number(accuracy) : "",
            one.Record.AccuracyInterval is { } interval ? $"{Number(interval.Low)}-{Number(interval.High)}" : "",
            one.Record.EvaluatedOn ?? "",
            one.Record.TrainMillisecondsPerImage is { } time ? FormattableString.Invariant($"{time:0.0}") : ""])]);

    private static IEnumerable<string> Differences(IReadOnlyList<FoundRun> runs)
    {
        var configurations = runs.Select(one => Configuration(one.Folder)).ToList();
        var differing = configurations.SelectMany(one => one.Keys).Distinct()
            .Where(name => configurations.Select(one => one.GetValueOrDefault(name, "")).Distinct().Count() > 1).ToList();
        if (differing.Count == 0)
            return ["They have the same options."];
        return TextTable.Lines(
            [new("differ in", NameColumns), .. runs.Select(one => new TextColumn(one.Folder.Name, ValueColumns))],
            [.. differing.Select(name => (string[])[name, .. configurations.Select(one => one.GetValueOrDefault(name, "-"))])]);
    }

    private static Dictionary<string, string> Configuration(RunFolder run)
    {
        var path = run.File(RunFolder.ConfigurationName);
        try
        {
            return File.Exists(path) ? ConfigurationFile.Read(path).ToDictionary(one => one.Name, one => string.Join(", ", one.Texts)) : [];
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Work.Tell("skipped", exception); // the runs' figures are worth showing
            return [];
        }
    }
}
