namespace Microsoft.ML.Conformer.Detection.LabelMaps;

/// <summary>What the values of files mean: for each of 256 a class from 0, <see cref="Ignored"/>, or <see cref="None"/>.</summary>
internal sealed class LabelRule
{
    /// <summary>The pixel does not count.</summary>
    public const int Ignored = SegmentationCounts.Ignored;

    /// <summary>No file should have this value.</summary>
    public const int None = -1;

    /// <summary>The values that Cityscapes' files "labelIds" have for its 19 classes; those of other things do not count.</summary>
    private static readonly byte[] _cityscapes = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33];

    private const int LastCityscapesId = 33;

    private LabelRule(Func<int, int> classOf) : this([.. Enumerable.Range(0, byte.MaxValue + 1).Select(classOf)])
    {
    }

    /// <param name="classes">For each of 256 values what it means.</param>
    public LabelRule(IReadOnlyList<int> classes) => Classes = classes;

    public IReadOnlyList<int> Classes { get; }

    /// <summary>Values are classes; 255 does not count.</summary>
    public static LabelRule Plain(int classes) =>
        new(value => value < classes ? value : value == Ignored ? Ignored : None);

    /// <summary>As ADE20K's: 0 does not count, 1 is the first class.</summary>
    public static LabelRule WithoutZero(int classes) =>
        new(value => value is 0 or Ignored ? Ignored : value <= classes ? value - 1 : None);

    public static LabelRule CityscapesIds { get; } = new(value =>
        Array.IndexOf(_cityscapes, (byte)value) is >= 0 and var index ? index
        : value is <= LastCityscapesId or Ignored ? Ignored : None);

    /// <summary>Reads a file's classes.</summary>
    /// <exception cref="InvalidDataException">It is no label map, or a value means nothing; the message names the file.</exception>
    /// <exception cref="IOException">It is absent or cannot be read.</exception>
    public LabelMap Load(string path)
    {
        var map = LabelMap.Load(path);
        try
        {
            return Apply(map);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}' is no label map of these classes: {e.Message}.", e);
        }
    }

    /// <summary>The map with classes instead of a file's values.</summary>
    /// <exception cref="InvalidDataException">A value means nothing; the message, without a period, says which and where.</exception>
    public LabelMap Apply(LabelMap map)
    {
        var classes = new byte[map.Values.Length];
        for (var i = 0; i < classes.Length; i++)
            classes[i] = Classes[map.Values[i]] is not None and var known ? (byte)known : throw Unknown(map, i);
        return new LabelMap(map.Height, map.Width, classes);
    }

    private InvalidDataException Unknown(LabelMap map, int first)
    {
        var count = map.Values.Count(value => Classes[value] == None);
        var classes = Classes.Where(one => one is not (None or Ignored)).Max() + 1;
        return new InvalidDataException(FormattableString.Invariant(
            $"{count:N0} pixels have values that are no class, the first one {map.Values[first]} at x {first % map.Width}, ") +
            FormattableString.Invariant($"y {first / map.Width}; there are {classes} classes"));
    }
}
