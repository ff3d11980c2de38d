namespace Microsoft.ML.Conformer.Training.Records;

/// <summary>A heat map of which class is taken for which: a row for each class of the images, a column for each predicted class.</summary>
/// <param name="labels">The class index of each image.</param>
/// <param name="classes">The classes' names, at most <see cref="MostClasses"/>.</param>
internal sealed class ConfusionMatrix(IReadOnlyList<long> labels, IReadOnlyList<string> classes)
{
    /// <summary>Of more classes nobody sees single cells.</summary>
    public const int MostClasses = 100;

    /// <summary>The side of the whole map in pixels, about, and the smallest cell that has lines around it.</summary>
    private const int UsualSide = 480, SmallestFramedCell = 8;

    private static readonly (double R, double G, double B) _none = (247, 251, 255), _all = (8, 48, 107), _lines = (200, 204, 212);

    public IReadOnlyList<string> Classes => classes;

    /// <summary>Height and width of a cell in pixels, the line above it and to its left included.</summary>
    public int CellSide => Math.Max(4, UsualSide / classes.Count);

    /// <summary>The map of the images that are validated on, or null where there are none, or too many classes.</summary>
    public static ConfusionMatrix? Of(IReadOnlyList<long>? labels, IReadOnlyList<string> classes) =>
        labels is null || classes.Count > MostClasses ? null : new(labels, classes);

    /// <summary>The map, [side, side, 3], or null where not every image has a prediction.</summary>
    /// <param name="predictions">The predicted class index of each image.</param>
    public (byte[] Rgb, int Side)? Draw(IReadOnlyList<long> predictions)
    {
        if (predictions.Count != labels.Count)
            return null;
        var (shares, frame, classCount) = (RowShares(predictions), CellSide >= SmallestFramedCell ? 1 : 0, classes.Count);
        var side = classCount * CellSide + frame;
        var rgb = new byte[side * side * 3];
        for (var y = 0; y < side; y++)
            for (var x = 0; x < side; x++)
            {
                var isLine = frame > 0 && (y % CellSide == 0 || x % CellSide == 0);
                var (r, g, b) = isLine ? _lines : Color(shares[y / CellSide, x / CellSide]);
                var pixel = (y * side + x) * 3;
                (rgb[pixel], rgb[pixel + 1], rgb[pixel + 2]) = ((byte)Math.Round(r), (byte)Math.Round(g), (byte)Math.Round(b));
            }
        return (rgb, side);
    }

    /// <summary>Each cell's share of its row's images, 0-1; 0 in a row without images.</summary>
    private double[,] RowShares(IReadOnlyList<long> predictions)
    {
        var classCount = classes.Count;
        var (shares, sums) = (new double[classCount, classCount], new int[classCount]);
        foreach (var (label, prediction) in labels.Zip(predictions))
        {
            shares[label, prediction]++;
            sums[label]++;
        }
        for (var row = 0; row < classCount; row++)
            for (var column = 0; column < classCount; column++)
                shares[row, column] /= Math.Max(1, sums[row]);
        return shares;
    }

    private static (double R, double G, double B) Color(double share) =>
        (_none.R + share * (_all.R - _none.R), _none.G + share * (_all.G - _none.G), _none.B + share * (_all.B - _none.B));
}
