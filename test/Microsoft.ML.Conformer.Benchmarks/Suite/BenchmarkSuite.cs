using System.Text.Json;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>The figures that build/bench.sh measures, each beside its peers and the machine's limit in the same run.</summary>
internal static class BenchmarkSuite
{
    private const int Success = 0, Failure = 1, BadArguments = 2;

    public static int Run(string[] arguments)
    {
        SuiteOptions options;
        try
        {
            options = SuiteOptions.Parse(arguments);
            Reference.Check(options);
            Report.Check(options);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(e.Message);
            return BadArguments;
        }
        var report = new Report($"build/bench.sh {string.Join(' ', arguments.Select(Named))}".TrimEnd());
        Console.WriteLine(Machine.Description + Environment.NewLine);
        try
        {
            if (options.Has("score"))
                new ScoringFigures(options, report).Measure();
            if (options.Has("train"))
                new TrainingFigures(options, report).Measure();
            if (options.Has("data"))
                new DataFigures(options, report).Measure();
            if (options.Part == "accuracy")
                new TrainingFigures(options, report).Accuracies(options.Photos!);
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or JsonException or IOException)
        {
            Console.Error.WriteLine($"The measurements end early: {e.Message}");
            report.SaveFigures(options); // half an hour's work may be in them
            return Failure;
        }
        report.SaveFigures(options);
        report.SavePage(options);
        return Success;
    }

    /// <summary>Where a folder or file lies on this machine is nobody's business who reads the page.</summary>
    private static string Named(string argument) => argument.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
        ? Path.GetFileName(Path.TrimEndingDirectorySeparator(argument))
        : argument;
}
