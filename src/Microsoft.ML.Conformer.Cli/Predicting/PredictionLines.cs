namespace Conformer.Cli.Predicting;

/// <summary>Lines of at most 80 columns for people.</summary>
/// <param name="isShort">Whether an image has one line.</param>
internal sealed class PredictionLines(bool isShort) : IPredictionWriter<ClassifiedPhoto>
{
    private const int ClassColumns = 30, BarColumns = 36;

    private static readonly IReadOnlyList<TextColumn>
        _short = [new("", 40), new("", ClassColumns), new("", 6, IsNumber: true)],
        _long = [new("", ClassColumns), new("", 6, IsNumber: true), new("", BarColumns)];

    public void Add(string path, ClassifiedPhoto found)
    {
        var best = found.Best;
        var none = found.IsNone ? "none of these" : null;
        if (isShort)
        {
            Console.WriteLine(TextTable.Line(_short, [Path.GetFileName(path), none ?? best[0].Class, Number(best[0])]));
            return;
        }
        Console.WriteLine(VisibleText.CutToColumns(VisibleText.OfPath(path), TextTable.MostColumns));
        if (none is not null)
            Console.WriteLine($"  {none}; the nearest are");
        foreach (var one in best)
            Console.WriteLine("  " + TextTable.Line(_long, [one.Class, Number(one), new string('#', (int)(one.Probability * BarColumns))]));
    }

    public void Add(string path, string fault) => TellFault(path, fault);

    /// <summary>Says why an image cannot be used.</summary>
    public static void TellFault(string path, string fault) => Console.Error.WriteLine($"error: {VisibleText.OfPath(path)}: {fault}");

    public void Dispose()
    {
    }

    private static string Number(ClassProbability one) => FormattableString.Invariant($"{one.Probability:0.000}");
}
