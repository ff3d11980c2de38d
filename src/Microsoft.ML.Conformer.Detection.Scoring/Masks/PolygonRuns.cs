namespace Microsoft.ML.Conformer.Detection.Masks;

/// <summary>
/// Fills a polygon as COCO does (maskApi's rleFrPoly): its edges are drawn five times enlarged, and of them each column's borders follow.
/// </summary>
internal static class PolygonRuns
{
    /// <summary>The fewest numbers of a polygon: three corners.</summary>
    public const int MinNumbers = 6;

    private const double Scale = 5, MaxCoordinate = 1 << 20, MaxPoints = 50_000_000;

    /// <param name="polygon">x, y, x, y, ... in pixels; what lies outside of the image is left out.</param>
    /// <param name="height">Of the image.</param>
    /// <param name="width">Of the image.</param>
    /// <exception cref="InvalidDataException">It is no polygon, or is too large.</exception>
    public static int[] Of(IReadOnlyList<double> polygon, int height, int width)
    {
        var corners = Corners(polygon);
        var borders = new List<int>();
        var last = corners[0];
        for (var corner = 0; corner < corners.Length; corner++)
            last = AddEdge(last, corners[corner], corners[(corner + 1) % corners.Length], height, width, borders);
        borders.Sort();

        var runs = new RunBuilder();
        var (at, isOn) = (0, false);
        foreach (var border in borders)
        {
            runs.Add(isOn, border - at);
            (at, isOn) = (border, !isOn);
        }
        runs.Add(isOn, height * width - at);
        return runs.ToCounts();
    }

    private static (int X, int Y)[] Corners(IReadOnlyList<double> polygon)
    {
        if (polygon.Count < MinNumbers || polygon.Count % 2 != 0)
            throw new InvalidDataException(
                $"The polygon has {polygon.Count} numbers; expected x and y of at least {MinNumbers / 2} corners.");
        foreach (var value in polygon)
            if (!(Math.Abs(value) <= MaxCoordinate))
                throw new InvalidDataException(FormattableString.Invariant(
                    $"The polygon has the coordinate {value}; expected at most {MaxCoordinate} pixels from the image's corner."));
        var corners = new (int X, int Y)[polygon.Count / 2];
        for (var corner = 0; corner < corners.Length; corner++)
            corners[corner] = ((int)(Scale * polygon[2 * corner] + 0.5), (int)(Scale * polygon[2 * corner + 1] + 0.5));
        var points = corners.Select((corner, index) => (double)Steps(corner, corners[(index + 1) % corners.Length]) + 1).Sum();
        return points <= MaxPoints
            ? corners
            : throw new InvalidDataException(FormattableString.Invariant(
                $"The polygon's edges are {points / Scale:0} pixels long; expected at most {MaxPoints / Scale:0}."));
    }

    private static int Steps((int X, int Y) from, (int X, int Y) to) => Math.Max(Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y));

    /// <summary>
    /// Goes along the points of an edge, both ends among them, and adds the borders that are crossed. The points are computed from the left
    /// or upper end whichever way the edge goes, as the official code does: their rounding depends on it.
    /// </summary>
    /// <returns>The last point.</returns>
    private static (int X, int Y) AddEdge(
        (int X, int Y) last, (int X, int Y) from, (int X, int Y) to, int height, int width, List<int> borders)
    {
        var (wide, high) = (Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y));
        var isWide = wide >= high;
        var isTurned = isWide ? from.X > to.X : from.Y > to.Y;
        var (start, end) = isTurned ? (to, from) : (from, to);
        var steps = isWide ? wide : high;
        var slope = steps == 0 ? 0 : isWide ? (double)(end.Y - start.Y) / wide : (double)(end.X - start.X) / high;
        for (var step = 0; step <= steps; step++)
        {
            var along = isTurned ? steps - step : step;
            var point = isWide
                ? (X: start.X + along, Y: (int)(start.Y + slope * along + 0.5))
                : (X: (int)(start.X + slope * along + 0.5), Y: start.Y + along);
            if (point.X != last.X && Border(last, point, height, width) is { } border)
                borders.Add(border);
            last = point;
        }
        return last;
    }

    /// <summary>The pixel, counted by columns, where a column's inside begins or ends; null between columns.</summary>
    private static int? Border((int X, int Y) before, (int X, int Y) point, int height, int width)
    {
        var x = ((point.X < before.X ? point.X : point.X - 1) + 0.5) / Scale - 0.5;
        if (Math.Floor(x) != x || x < 0 || x > width - 1)
            return null;
        var y = (Math.Min(point.Y, before.Y) + 0.5) / Scale - 0.5;
        return (int)x * height + (int)Math.Ceiling(Math.Clamp(y, 0, height));
    }
}
