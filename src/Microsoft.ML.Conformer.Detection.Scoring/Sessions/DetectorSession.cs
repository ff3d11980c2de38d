using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection.Sessions;

/// <summary>Runs a detector's graph with ONNX Runtime.</summary>
internal sealed class DetectorSession : PhotoSession<Detections>
{
    private readonly bool _hasMasks;

    public DetectorSession(IHostEnvironment environment, DetectorModel model, ScoringOptions options, Type owner)
        : base(environment, model.Onnx, model.Metadata.Images, model.Metadata.InputKind, model.Architecture.SizeDivisor, options, owner)
    {
        _hasMasks = model.Architecture.HasMasks;
        if (options.WarmUp)
            WarmUp();
    }

    protected override Detections[] Run(InferenceSession session, OrtValue images, PreparedPhoto[] batch)
    {
        long[] sizes = [.. batch.SelectMany(photo => new long[] { photo.Image.Height, photo.Image.Width })];
        string[] masks = _hasMasks ? [DetectorGraph.Masks] : [];
        using var size = OrtValue.CreateTensorValueFromMemory(sizes, [batch.Length, 2]);
        using var options = new RunOptions();
        using var outputs = session.Run(
            options, [GraphNames.Input, DetectorGraph.Sizes], [images, size],
            [DetectorGraph.Boxes, DetectorGraph.Scores, DetectorGraph.Labels, DetectorGraph.Images, .. masks]);
        return Split(batch, outputs);
    }

    private Detections[] Split(PreparedPhoto[] batch, IReadOnlyList<OrtValue> outputs)
    {
        const int mask = DetectorArchitecture.MaskSide * DetectorArchitecture.MaskSide;
        var results = new Detections[batch.Length];
        var boxes = outputs[0].GetTensorDataAsSpan<float>();
        var scores = outputs[1].GetTensorDataAsSpan<float>();
        var labels = outputs[2].GetTensorDataAsSpan<long>();
        var images = outputs[3].GetTensorDataAsSpan<long>();
        var masks = _hasMasks ? outputs[4].GetTensorDataAsSpan<float>() : default;
        for (int image = 0, start = 0; image < batch.Length; image++)
        {
            var end = start;
            while (end < images.Length && images[end] == image)
                end++;
            var size = batch[image].Size;
            var found = new DetectedObject[end - start];
            for (var i = start; i < end; i++)
            {
                var box = size.ToOriginal(new Box(boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]));
                found[i - start] = new DetectedObject(
                    box, scores[i], (int)labels[i], masks.IsEmpty ? null : masks.Slice(i * mask, mask).ToArray());
            }
            results[image] = new Detections(size.Height, size.Width, found);
            start = end;
        }
        return results;
    }
}
