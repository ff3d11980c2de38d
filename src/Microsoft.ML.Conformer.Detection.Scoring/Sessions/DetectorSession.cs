using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection.Sessions;

/// <summary>Runs a detector's graph with ONNX Runtime. Any number of threads may run it at once over the one session.</summary>
internal sealed class DetectorSession : IDisposable
{
    /// <summary>Images that the network sees at once have no more pixels in all, unless one alone has: they take memory.</summary>
    private const long MostPixels = 1 << 22;

    private readonly SharedSession _session;
    private readonly DetectorModel _model;
    private readonly float[] _levels;
    private readonly int _mostImages;

    public DetectorSession(IHostEnvironment environment, DetectorModel model, ScoringOptions options, Type owner)
    {
        (_model, _mostImages) = (model with { Onnx = [] }, options.MaxBatchSize); // the session has the file, which is large
        _levels = PreparedPhoto.Levels(model.Metadata.InputKind, model.Metadata.Images.Colors);
        _session = new SharedSession(ExecutionProviderSetup.Open(environment, model.Onnx, options, owner), owner);
        if (options.WarmUp)
            Run([Prepare(new RgbImage(1, 1, new byte[RgbImage.Channels]))]);
    }

    public void ThrowIfDisposed() => _session.ThrowIfDisposed();

    public PreparedPhoto Prepare(RgbImage photo) => PreparedPhoto.Of(photo, _model.Metadata.Images, _model.Architecture.SizeDivisor);

    /// <summary>What is found in each photo; those of one padded size go through the network together, in their order.</summary>
    public Detections[] Run(IReadOnlyList<PreparedPhoto> photos)
    {
        var results = new Detections[photos.Count];
        foreach (var alike in photos.Index().GroupBy(photo => (photo.Item.PaddedHeight, photo.Item.PaddedWidth)))
        {
            var pixels = (long)alike.Key.PaddedHeight * alike.Key.PaddedWidth;
            foreach (var batch in alike.Chunk((int)Math.Clamp(MostPixels / pixels, 1, _mostImages)))
                Run(batch, results);
        }
        return results;
    }

    /// <summary>Waits for scorings under way and frees the session; a second call does nothing.</summary>
    public void Dispose() => _session.Dispose();

    private void Run((int Index, PreparedPhoto Photo)[] batch, Detections[] results)
    {
        var (length, first) = (batch[0].Photo.Length, batch[0].Photo);
        var (values, sizes) = (new float[checked(batch.Length * length)], new long[batch.Length * 2]);
        Parallel.For(0, batch.Length, image =>
            batch[image].Photo.Write(values.AsSpan(image * length, length), _model.Metadata.InputKind, _levels));
        foreach (var (image, (_, photo)) in batch.Index())
            (sizes[2 * image], sizes[2 * image + 1]) = (photo.Image.Height, photo.Image.Width);
        long[] shape = _model.Metadata.InputKind == OnnxInputKind.PixelsNhwc
            ? [batch.Length, first.PaddedHeight, first.PaddedWidth, RgbImage.Channels]
            : [batch.Length, RgbImage.Channels, first.PaddedHeight, first.PaddedWidth];

        _session.Run(session =>
        {
            using var input = OrtValue.CreateTensorValueFromMemory(values, shape);
            using var size = OrtValue.CreateTensorValueFromMemory(sizes, [batch.Length, 2]);
            using var options = new RunOptions();
            using var outputs = session.Run(
                options, [GraphNames.Input, DetectorGraph.Sizes], [input, size],
                [DetectorGraph.Boxes, DetectorGraph.Scores, DetectorGraph.Labels, DetectorGraph.Images, .. MaskOutput]);
            Split(batch, outputs, results);
        });
    }

    private IEnumerable<string> MaskOutput => _model.Architecture.HasMasks ? [DetectorGraph.Masks] : [];

    private void Split((int Index, PreparedPhoto Photo)[] batch, IReadOnlyList<OrtValue> outputs, Detections[] results)
    {
        const int mask = DetectorArchitecture.MaskSide * DetectorArchitecture.MaskSide;
        var boxes = outputs[0].GetTensorDataAsSpan<float>();
        var scores = outputs[1].GetTensorDataAsSpan<float>();
        var labels = outputs[2].GetTensorDataAsSpan<long>();
        var images = outputs[3].GetTensorDataAsSpan<long>();
        var masks = _model.Architecture.HasMasks ? outputs[4].GetTensorDataAsSpan<float>() : default;
        for (int image = 0, start = 0; image < batch.Length; image++)
        {
            var end = start;
            while (end < images.Length && images[end] == image)
                end++;
            var size = batch[image].Photo.Size;
            var found = new DetectedObject[end - start];
            for (var i = start; i < end; i++)
            {
                var box = size.ToOriginal(new Box(boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]));
                found[i - start] = new DetectedObject(
                    box, scores[i], (int)labels[i], masks.IsEmpty ? null : masks.Slice(i * mask, mask).ToArray());
            }
            results[batch[image].Index] = new Detections(size.Height, size.Width, found);
            start = end;
        }
    }
}
