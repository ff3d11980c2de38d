using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection.Sessions;

/// <summary>Runs a graph for segmentation with ONNX Runtime: the result is each photo's classes, at its own size.</summary>
internal sealed class SegmenterSession : PhotoSession<LabelMap>
{
    public SegmenterSession(IHostEnvironment environment, SegmenterModel model, ScoringOptions options, Type owner)
        : base(environment, model.Onnx, model.Metadata.Images, model.Metadata.InputKind, model.Architecture.SizeDivisor, options, owner)
    {
        if (options.WarmUp)
            WarmUp();
    }

    protected override LabelMap[] Run(InferenceSession session, OrtValue images, PreparedPhoto[] batch)
    {
        using var options = new RunOptions();
        using var outputs = session.Run(options, [GraphNames.Input], [images], [SegmentationGraph.Labels]);
        var labels = outputs[0].GetTensorDataAsSpan<byte>();
        var (results, length) = (new LabelMap[batch.Length], batch[0].PaddedHeight * batch[0].PaddedWidth);
        for (var image = 0; image < batch.Length; image++)
        {
            var (photo, size) = (batch[image].Image, batch[image].Size);
            var padded = new LabelMap(
                batch[image].PaddedHeight, batch[image].PaddedWidth, labels.Slice(image * length, length).ToArray());
            results[image] = padded.Corner(photo.Height, photo.Width).Resized(size.Height, size.Width);
        }
        return results;
    }
}
