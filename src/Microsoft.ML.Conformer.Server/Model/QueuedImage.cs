using Conformer.Server.Images;
using Microsoft.ML.Data;

namespace Conformer.Server.Model;

/// <summary>A decoded image that waits to be scored.</summary>
/// <param name="image">The image, which this owns from now on.</param>
/// <param name="model">Scores it; given back with the image.</param>
/// <param name="abandoned">Canceled when nobody waits for the result any more.</param>
internal sealed class QueuedImage(DecodedImage image, ModelLease model, CancellationToken abandoned) : IDisposable
{
    // Continuations must not run on the thread that scores.
    private readonly TaskCompletionSource<ImageResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MLImage Image => image.Pixels;

    public ServedModel Model => model.Model;

    /// <summary>Whether nobody waits for the result any more.</summary>
    public bool IsAbandoned => abandoned.IsCancellationRequested;

    /// <summary>What is known of it.</summary>
    public Task<ImageResult> Result => _result.Task;

    public void SetResult(ImageResult result) => _result.TrySetResult(result);

    public void SetFailure(Exception exception) => _result.TrySetException(exception);

    /// <summary>Frees the pixels; a result that has not been set never will be.</summary>
    public void Dispose()
    {
        image.Dispose();
        model.Dispose();
        _result.TrySetCanceled(abandoned);
    }
}
