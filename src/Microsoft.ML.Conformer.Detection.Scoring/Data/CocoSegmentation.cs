using System.Text.Json;

namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>Reads the <c>segmentation</c> of a COCO annotation: polygons, or run lengths as a list or as text.</summary>
internal static class CocoSegmentation
{
    /// <param name="segmentation">The value.</param>
    /// <param name="height">Of the image in pixels.</param>
    /// <param name="width">Of the image in pixels.</param>
    /// <param name="tell">Takes what is wrong with a part that is left out, as the rest of a sentence.</param>
    /// <returns>The mask; null where there is none that can be used.</returns>
    public static RunLengthMask? Read(JsonElement segmentation, int height, int width, Action<string> tell)
    {
        try
        {
            return segmentation.ValueKind switch
            {
                JsonValueKind.Null or JsonValueKind.Undefined => null,
                JsonValueKind.Array => Polygons(segmentation, height, width, tell),
                JsonValueKind.Object => RunLengths(segmentation, height, width),
                var kind => throw new InvalidDataException($"The segmentation is a {kind}; expected polygons or run lengths."),
            };
        }
        catch (InvalidDataException e)
        {
            tell(Continued(e));
            return null;
        }
    }

    private static RunLengthMask? Polygons(JsonElement polygons, int height, int width, Action<string> tell)
    {
        if (polygons.EnumerateArray().Any(polygon => polygon.ValueKind != JsonValueKind.Array))
            throw new InvalidDataException("The segmentation is a list; expected lists of numbers in it, one for each polygon.");
        var masks = new List<RunLengthMask>();
        foreach (var polygon in polygons.EnumerateArray())
            try
            {
                masks.Add(RunLengthMask.FromPolygons([Numbers(polygon)], height, width));
            }
            catch (InvalidDataException e)
            {
                tell(Continued(e));
            }
        return masks.Count == 0 ? null : RunLengthMask.Union(masks);
    }

    private static RunLengthMask RunLengths(JsonElement mask, int height, int width)
    {
        double[] size = mask.TryGetProperty("size", out var sides) ? Numbers(sides) : [];
        if (size is not [var maskHeight, var maskWidth] || maskHeight != height || maskWidth != width)
            throw new InvalidDataException(FormattableString.Invariant(
                $"The run lengths are of an image of height and width {string.Join(", ", size)}; it has {height} and {width}."));
        if (!mask.TryGetProperty("counts", out var counts))
            throw new InvalidDataException("The segmentation has a size and no counts.");
        return counts.ValueKind == JsonValueKind.String
            ? RunLengthMask.Parse(Text(counts), height, width)
            : RunLengthMask.FromCounts(Numbers(counts).Select(Whole), height, width);
    }

    private static double[] Numbers(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"The segmentation has a {list.ValueKind} where numbers are expected.");
        var numbers = new double[list.GetArrayLength()];
        foreach (var (index, number) in list.EnumerateArray().Index())
            if (number.ValueKind != JsonValueKind.Number || !number.TryGetDouble(out numbers[index]))
                throw new InvalidDataException($"The segmentation has '{VisibleText.Of(number.ToString())}' where a number is expected.");
        return numbers;
    }

    private static long Whole(double number) => number == Math.Floor(number) && Math.Abs(number) <= long.MaxValue / 2
        ? (long)number
        : throw new InvalidDataException(FormattableString.Invariant($"The run lengths have {number}, which is no whole number."));

    private static string Text(JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException) // half of a surrogate pair
        {
            throw new InvalidDataException("The run lengths are no valid text.");
        }
    }

    /// <summary>An error's sentence as the rest of another one.</summary>
    private static string Continued(InvalidDataException error) =>
        char.ToLowerInvariant(error.Message[0]) + error.Message[1..].TrimEnd('.');
}
