using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>Detects in rows of a saved pipeline, with the detector that stands in them as text.</summary>
internal sealed class SavedDetector
{
    /// <summary>One for each text that is in use, which a pipeline holds once.</summary>
    private static readonly ConditionalWeakTable<object, SavedDetector> _opened = [];

    private static readonly Lock _opening = new();

    private readonly Lock _running = new();
    private readonly DetectorModel _model;
    private readonly DetectorSession _session;
    private readonly ImageDecoding _decoding;

    private SavedDetector(in VBuffer<ReadOnlyMemory<char>> text)
    {
        var options = new ScoringOptions();
        try
        {
            var onnx = PackedText.Read([.. text.DenseValues()]);
            var model = DetectorModel.Read(ByteSource.FromMemory("the saved detector", onnx));
            _model = model with { Onnx = [] }; // the session has it, and it is large
            _decoding = options.DecodingFor(_model.Metadata.Images.Colors);
            _session = new DetectorSession(new MLContext(), model, options, typeof(SavedDetector));
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"The saved detector cannot be used. {e.Message}", e);
        }
    }

    public static SavedDetector Of(in VBuffer<ReadOnlyMemory<char>> text)
    {
        var first = text.Length == 0 ? default : text.GetItemOrDefault(0);
        object? owner = MemoryMarshal.TryGetString(first, out var whole, out _, out _) ? whole
            : MemoryMarshal.TryGetArray(first, out var letters) ? letters.Array
            : null;
        if (owner is null)
            throw new InvalidDataException("The saved detector cannot be used: there is none.");
        lock (_opening)
        {
            if (!_opened.TryGetValue(owner, out var detector))
                _opened.Add(owner, detector = new SavedDetector(text));
            return detector;
        }
    }

    /// <summary>Writes what is found in a photo.</summary>
    public void Detect(Func<ImageDecoding, RgbImage> photo, FoundRow row)
    {
        var prepared = _session.Prepare(photo(_decoding));
        Detections all;
        // ML.NET reads rows by several threads at once, and one run has work for all processors.
        lock (_running)
            all = _session.Run([prepared])[0];
        row.Labels = [.. all.Found.Select(one => _model.Labels.Names[one.Label].AsMemory())];
        row.Scores = [.. all.Found.Select(one => one.Score)];
        row.Boxes = [.. all.Found.SelectMany(one => new[] { one.Box.X0, one.Box.Y0, one.Box.X1, one.Box.Y1 })];
        var threshold = _model.Metadata.Rules.MaskThreshold;
        row.Masks = _model.Architecture.HasMasks ? [.. all.Found.Select(one => all.MaskOf(one, threshold))] : [];
    }
}
