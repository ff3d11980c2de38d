using Conformer.Server.Images;
using Microsoft.ML.Data;

namespace Conformer.Server.Model;

/// <summary>A decoded image that waits for its scores.</summary>
/// <param name="image">The image, which this owns from now on.</param>
/// <param name="model">Scores it; given back with the image.</param>
/// <param name="abandoned">Canceled when nobody waits for the scores any more.</param>
internal sealed class QueuedImage(DecodedImage image, ModelLease model, CancellationToken abandoned) : IDisposable
{
    // Continuations must not run on the thread that scores.
    private readonly TaskCompletionSource<float[]> _scores = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MLImage Image => image.Pixels;

    public ServedModel Model => model.Model;

    /// <summary>Whether nobody waits for the scores any more.</summary>
    public bool IsAbandoned => abandoned.IsCancellationRequested;

    /// <summary>The probability (0-1) of each class.</summary>
    public Task<float[]> Scores => _scores.Task;

    public void SetScores(float[] scores) => _scores.TrySetResult(scores);

    public void SetFailure(Exception exception) => _scores.TrySetException(exception);

    /// <summary>Frees the pixels; scores that have not been set never will be.</summary>
    public void Dispose()
    {
        image.Dispose();
        model.Dispose();
        _scores.TrySetCanceled(abandoned);
    }
}
