namespace Microsoft.ML.Conformer.Detection.Masks;

/// <summary>
/// Puts the map of probabilities that a network gives for a box into the box's place in the image: interpolated between the 2 x 2 nearest,
/// beyond the map 0, on from a threshold on (mmdetection's _do_paste_mask, that is grid_sample with align_corners false).
/// </summary>
internal static class PastedMask
{
    public const float Threshold = 0.5f;

    /// <param name="map">Probabilities, [side, side].</param>
    /// <param name="side">Of the map.</param>
    /// <param name="box">Where it belongs; a box without an area gives no pixels.</param>
    /// <param name="height">Of the image.</param>
    /// <param name="width">Of the image.</param>
    /// <param name="threshold">The probability from which on a pixel is the object's.</param>
    public static RunLengthMask Of(
        ReadOnlySpan<float> map, int side, Box box, int height, int width, float threshold = Threshold)
    {
        var runs = new RunBuilder();
        if (!box.HasArea)
        {
            runs.Add(false, height * width);
            return RunLengthMask.Of(runs, height, width);
        }
        // At the box's edge the values are at most half of the probabilities, and beyond it lower.
        var (columns, rows) = (new Taps(box.X0, box.X1, side, width), new Taps(box.Y0, box.Y1, side, height));
        runs.Add(false, columns.Start * height);
        var column = new float[side];
        for (var x = 0; x < columns.Count; x++)
        {
            var (left, right, leftPart, rightPart) = columns[x];
            for (var row = 0; row < side; row++)
                column[row] = map[row * side + left] * leftPart + map[row * side + right] * rightPart;
            runs.Add(false, rows.Start);
            for (var y = 0; y < rows.Count; y++)
            {
                var (upper, lower, upperPart, lowerPart) = rows[y];
                runs.Add(column[upper] * upperPart + column[lower] * lowerPart >= threshold, 1);
            }
            runs.Add(false, height - rows.Start - rows.Count);
        }
        runs.Add(false, (width - columns.Start - columns.Count) * height);
        return RunLengthMask.Of(runs, height, width);
    }

    /// <summary>What of the map each pixel along one side of the box is made of.</summary>
    private sealed class Taps
    {
        private readonly (int First, int Second, float FirstPart, float SecondPart)[] _taps;

        public Taps(float from, float to, int side, int size)
        {
            Start = (int)Math.Clamp(MathF.Floor(from) - 1, 0, size);
            _taps = new (int, int, float, float)[Math.Max((int)Math.Clamp(MathF.Ceiling(to) + 1, 0, size) - Start, 0)];
            for (var i = 0; i < _taps.Length; i++)
            {
                var position = ((Start + i + 0.5f - from) / (to - from) * 2 - 1 + 1) * side;
                position = (position - 1) / 2;
                var first = (int)MathF.Floor(Math.Clamp(position, -2, side));
                _taps[i] = (
                    Math.Clamp(first, 0, side - 1), Math.Clamp(first + 1, 0, side - 1),
                    first >= 0 && first < side ? first + 1 - position : 0, first >= -1 && first < side - 1 ? position - first : 0);
            }
        }

        public int Start { get; }

        public int Count => _taps.Length;

        public (int First, int Second, float FirstPart, float SecondPart) this[int index] => _taps[index];
    }
}
