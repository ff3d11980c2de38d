using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>Detects in rows of a saved pipeline, with the detector that stands in them as text.</summary>
internal sealed class SavedDetector
{
    /// <summary>One for each text that is in use, which a pipeline holds once.</summary>
    private static readonly ConditionalWeakTable<string, SavedDetector> _opened = [];

    private static readonly Lock _gate = new();

    private readonly DetectorModel _model;
    private readonly DetectorSession _session;
    private readonly ImageDecoding _decoding;

    private SavedDetector(string text)
    {
        var options = new ScoringOptions();
        try
        {
            _model = DetectorModel.Read(ByteSource.FromMemory("the saved detector", Convert.FromBase64String(text)));
            _decoding = options.DecodingFor(_model.Metadata.Images.Colors);
            _session = new DetectorSession(new MLContext(), _model, options, typeof(SavedDetector));
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"The saved detector cannot be used. {e.Message}", e);
        }
    }

    public static string Write(DetectorModel model) => Convert.ToBase64String(model.Onnx);

    public static SavedDetector Of(ReadOnlyMemory<char> text)
    {
        if (!MemoryMarshal.TryGetString(text, out var whole, out _, out var length) || length != whole.Length)
            whole = text.ToString();
        lock (_gate)
            return _opened.GetValue(whole, static text => new SavedDetector(text));
    }

    /// <summary>Writes what is found in a photo.</summary>
    public void Detect(Func<ImageDecoding, RgbImage> photo, FoundRow row)
    {
        var all = _session.Run([_session.Prepare(photo(_decoding))])[0];
        row.Labels = [.. all.Found.Select(one => _model.Labels.Names[one.Label].AsMemory())];
        row.Scores = [.. all.Found.Select(one => one.Score)];
        row.Boxes = [.. all.Found.SelectMany(one => new[] { one.Box.X0, one.Box.Y0, one.Box.X1, one.Box.Y1 })];
        var threshold = _model.Metadata.Rules.MaskThreshold;
        row.Masks = _model.Architecture.HasMasks ? [.. all.Found.Select(one => all.MaskOf(one, threshold))] : [];
    }
}
