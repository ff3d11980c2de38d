using Microsoft.ML.Data;

namespace WebScoring.Model;

/// <summary>A decoded image that waits for its scores.</summary>
/// <param name="image">The image, which this owns from now on.</param>
/// <param name="memory">Given back together with the image's pixels.</param>
/// <param name="abandoned">Canceled when nobody waits for the scores any more.</param>
internal sealed class QueuedImage(MLImage image, IDisposable memory, CancellationToken abandoned) : IDisposable
{
    // Continuations must not run on the thread that scores.
    private readonly TaskCompletionSource<float[]> _scores = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MLImage Image => image;

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
        memory.Dispose();
        _scores.TrySetCanceled(abandoned);
    }
}
