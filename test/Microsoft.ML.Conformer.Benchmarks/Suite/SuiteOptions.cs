using System.Globalization;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>What to measure, and beside what.</summary>
internal sealed record SuiteOptions
{
    public const string Usage =
        "usage: build/bench.sh [train|score|data|accuracy|all] [--quick] [--reference FOLDER] [--photos FOLDER] [--json FILE] " +
        "[--page FILE]";

    private static readonly string[] _parts = ["train", "score", "data", "accuracy", "all"];

    public string Part { get; private set; } = "all";

    /// <summary>The folder of the official conformer.py; null to do without.</summary>
    public string? Reference { get; private set; }

    /// <summary>A folder with train/ and val/, each with class folders; null for generated images.</summary>
    public string? Photos { get; private set; }

    public bool Quick { get; private set; }

    public string? Json { get; private set; }

    /// <summary>A Markdown file whose measured part is replaced.</summary>
    public string? Page { get; private set; }

    /// <summary>Those that build/bench.sh sets, for this process too, which makes profiles by itself.</summary>
    public int Threads { get; } = Math.Min(
        int.Parse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS") ?? "2", CultureInfo.InvariantCulture), Environment.ProcessorCount);

    public Turns Turns => Quick ? new(Rounds: 2, Seconds: 0.4) : new(Rounds: 5, Seconds: 1.2);

    /// <summary>Training steps take seconds.</summary>
    public Turns LongTurns => Quick ? new(Rounds: 2, Seconds: 0.5) : new(Rounds: 3, Seconds: 3);

    public bool Has(string part) => Part == "all" || Part == part;

    public static SuiteOptions Parse(string[] arguments)
    {
        var options = new SuiteOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            string Value() => ++i < arguments.Length
                ? Path.GetFullPath(arguments[i])
                : throw new ArgumentException($"{arguments[i - 1]} needs a value. {Usage}");
            switch (arguments[i])
            {
                case "--quick":
                    options.Quick = true;
                    break;
                case "--reference":
                    options.Reference = Existing(Value(), "conformer.py");
                    break;
                case "--photos":
                    options.Photos = Existing(Existing(Value(), "train"), "val");
                    break;
                case "--json":
                    options.Json = Value();
                    break;
                case "--page":
                    options.Page = Value();
                    break;
                case var part when _parts.Contains(part):
                    options.Part = part;
                    break;
                default:
                    throw new ArgumentException($"'{arguments[i]}' is unknown. {Usage}");
            }
        }
        return options.Part == "accuracy" && options.Photos is null
            ? throw new ArgumentException($"accuracy needs --photos. {Usage}")
            : options;
    }

    private static string Existing(string folder, string entry) => Path.Exists(Path.Combine(folder, entry))
        ? folder
        : throw new ArgumentException($"'{folder}' has no {entry}. {Usage}");
}
