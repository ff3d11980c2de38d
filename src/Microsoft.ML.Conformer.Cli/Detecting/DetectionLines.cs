namespace Conformer.Cli.Detecting;

/// <summary>Lines of at most 80 columns for people.</summary>
/// <param name="leastScore">From which score on objects are told.</param>
internal sealed class DetectionLines(double leastScore) : IPredictionWriter<DetectedPhoto>
{
    private static readonly IReadOnlyList<TextColumn> _columns =
    [
        new("class", 30), new("score", 6, IsNumber: true), new("left", 7, IsNumber: true), new("top", 7, IsNumber: true),
        new("width", 7, IsNumber: true), new("height", 7, IsNumber: true),
    ];

    public void Add(string path, DetectedPhoto found)
    {
        Console.WriteLine(VisibleText.CutToColumns(VisibleText.OfPath(path), TextTable.MostColumns));
        if (found.Objects is [])
            Console.WriteLine($"  nothing with a score of at least {Number(leastScore)}");
        else
            Write([.. _columns.Select(column => column.Header)]);
        foreach (var one in found.Objects)
            Write([one.Class, Number(one.Score), .. ((float[])[one.Box[0], one.Box[1], one.Box[2] - one.Box[0], one.Box[3] - one.Box[1]])
                .Select(value => FormattableString.Invariant($"{value:0}"))]);
    }

    public void Add(string path, string fault) => PredictionLines.TellFault(path, fault);

    public void Dispose()
    {
    }

    private static void Write(IReadOnlyList<string> cells) => Console.WriteLine("  " + TextTable.Line(_columns, cells));
}
