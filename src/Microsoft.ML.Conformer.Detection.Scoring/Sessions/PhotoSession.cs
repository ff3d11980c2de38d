using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection.Sessions;

/// <summary>Runs a graph that takes photos of any size. Any number of threads may run it at once over the one session.</summary>
/// <typeparam name="TResult">What is known of a photo then.</typeparam>
internal abstract class PhotoSession<TResult> : IDisposable
{
    /// <summary>Images that the network sees at once have no more pixels in all, unless one alone has: they take memory.</summary>
    private const long MostPixels = 1 << 22;

    private readonly SharedSession _session;
    private readonly DetectorPreprocessing _images;
    private readonly OnnxInputKind _kind;
    private readonly float[] _levels;
    private readonly int _divisor, _mostImages;

    /// <param name="environment">Whose GPU and log are used.</param>
    /// <param name="file">The ONNX file.</param>
    /// <param name="images">How photos become its input.</param>
    /// <param name="kind">What the input holds.</param>
    /// <param name="divisor">Photos are padded to multiples of so many pixels.</param>
    /// <param name="options">How it is run; <see cref="ScoringOptions.WarmUp"/> is left to who derives from this.</param>
    /// <param name="owner">What errors name once this is disposed.</param>
    protected PhotoSession(
        IHostEnvironment environment, byte[] file, DetectorPreprocessing images, OnnxInputKind kind, int divisor, ScoringOptions options,
        Type owner)
    {
        (_images, _kind, _divisor, _mostImages) = (images, kind, divisor, options.MaxBatchSize);
        _levels = PreparedPhoto.Levels(kind, images.Colors);
        _session = new SharedSession(ExecutionProviderSetup.Open(environment, file, options, owner), owner);
    }

    public void ThrowIfDisposed() => _session.ThrowIfDisposed();

    public PreparedPhoto Prepare(RgbImage photo) => PreparedPhoto.Of(photo, _images, _divisor);

    /// <summary>What is known of each photo; those of one padded size go through the network together, in their order.</summary>
    public TResult[] Run(IReadOnlyList<PreparedPhoto> photos)
    {
        var results = new TResult[photos.Count];
        foreach (var alike in photos.Index().GroupBy(photo => (photo.Item.PaddedHeight, photo.Item.PaddedWidth)))
        {
            var pixels = (long)alike.Key.PaddedHeight * alike.Key.PaddedWidth;
            foreach (var batch in alike.Chunk((int)Math.Clamp(MostPixels / pixels, 1, _mostImages)))
                foreach (var (photo, result) in batch.Zip(RunBatch([.. batch.Select(photo => photo.Item)])))
                    results[photo.Index] = result;
        }
        return results;
    }

    /// <summary>Waits for scorings under way and frees the session; a second call does nothing.</summary>
    public void Dispose() => _session.Dispose();

    /// <summary>Runs the network once on any photo, so that the first one to be scored does not take longer.</summary>
    protected void WarmUp() => Run([Prepare(new RgbImage(1, 1, new byte[RgbImage.Channels]))]);

    /// <summary>Runs the graph.</summary>
    /// <param name="session">The session.</param>
    /// <param name="images">The input.</param>
    /// <param name="batch">The photos that it holds, all of one padded size.</param>
    /// <returns>What is known of each of them.</returns>
    protected abstract TResult[] Run(InferenceSession session, OrtValue images, PreparedPhoto[] batch);

    private TResult[] RunBatch(PreparedPhoto[] batch)
    {
        var (length, first) = (batch[0].Length, batch[0]);
        var values = new float[checked(batch.Length * length)];
        Parallel.For(0, batch.Length, image => batch[image].Write(values.AsSpan(image * length, length), _kind, _levels));
        long[] shape = _kind == OnnxInputKind.PixelsNhwc
            ? [batch.Length, first.PaddedHeight, first.PaddedWidth, RgbImage.Channels]
            : [batch.Length, RgbImage.Channels, first.PaddedHeight, first.PaddedWidth];
        TResult[] results = [];
        _session.Run(session =>
        {
            using var input = OrtValue.CreateTensorValueFromMemory(values, shape);
            results = Run(session, input, batch);
        });
        return results;
    }
}
