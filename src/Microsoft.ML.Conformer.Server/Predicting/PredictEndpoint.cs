using System.Globalization;
using Conformer.Server.Hosting;
using Conformer.Server.Images;
using Conformer.Server.Model;

namespace Conformer.Server.Predicting;

/// <summary>POST /predict: decodes a request's images, has them scored together with other requests' images, and answers.</summary>
internal sealed class PredictEndpoint(
    ServedModels models, UploadReader uploads, UploadDecoder decoder, BatchQueue queue, ScoringStatistics statistics, Settings settings)
{
    private const int DefaultTop = 5;

    /// <summary>Handles a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="top">How many classes to answer with, the query's "top"; null: 5. A model with fewer classes answers with all.</param>
    public Task<IResult> PredictAsync(HttpContext context, string? top) => Refusal.CatchAsync(context, async () =>
    {
        var count = ReadTop(top);
        var images = await uploads.ReadAsync(context.Request);
        using var lease = models.Lease();
        var answers = await AnswerAsync(images, lease.Model, count, context.RequestAborted);
        var refused = answers.Count(answer => answer.Error is not null);
        statistics.AddImages(answers.Count - refused, refused);
        context.Features.Set(new RequestedImages(answers.Count, refused));
        return answers is [{ Error: { } error }]
            ? Refusal.Result(context, error.Status, error.Reason)
            : TypedResults.Ok(new PredictAnswer(answers));
    });

    private static int ReadTop(string? top)
    {
        if (top is null)
            return DefaultTop;
        return int.TryParse(top, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new RefusalException(
                StatusCodes.Status400BadRequest, $"top is '{VisibleText.Of(top)}'; it must be a whole number of at least 1.");
    }

    private async Task<List<ImageAnswer>> AnswerAsync(
        IReadOnlyList<UploadedImage> images, ServedModel model, int top, CancellationToken aborted)
    {
        // All images are queued before any scores are awaited, so that they share batches.
        var submitted = new List<(string? FileName, Task<float[]> Scores)>(images.Count);
        foreach (var image in images)
            submitted.Add((image.FileName, await SubmitAsync(image, model, aborted)));

        var answers = new List<ImageAnswer>(images.Count);
        foreach (var (fileName, scores) in submitted)
        {
            try
            {
                answers.Add(Answer(fileName, await scores.WaitAsync(aborted), model.Classifier.ClassNames, top));
            }
            catch (RefusalException exception) when (exception.Status != StatusCodes.Status503ServiceUnavailable)
            {
                answers.Add(new ImageAnswer(fileName, Error: new ImageError(exception.Status, exception.Message)));
            }
        }
        return answers;
    }

    /// <summary>Queues an image; the scores that are to come, or a failed task where the image cannot be used.</summary>
    private async Task<Task<float[]>> SubmitAsync(UploadedImage image, ServedModel model, CancellationToken aborted)
    {
        try
        {
            var bytes = image.Bytes ?? throw uploads.TooLarge();
            var queued = new QueuedImage(
                await decoder.DecodeAsync(bytes, model.Classifier.Background, aborted), model.Lease(), aborted);
            if (queue.TryAdd(queued))
                return queued.Scores;
            queued.Dispose();
            throw new RefusalException(StatusCodes.Status503ServiceUnavailable, "The server is stopping.");
        }
        catch (RefusalException exception)
        {
            return Task.FromException<float[]>(exception);
        }
    }

    private ImageAnswer Answer(string? fileName, float[] scores, IReadOnlyList<string> classNames, int top)
    {
        if (Array.Exists(scores, float.IsNaN))
            throw new RefusalException(StatusCodes.Status422UnprocessableEntity, "It cannot be scored.");
        var best = scores.Zip(classNames, (score, name) => new Prediction(name, score)).OrderByDescending(one => one.Probability);
        return new ImageAnswer(fileName, [.. best.Take(top)], settings.Threshold is { } threshold ? scores.Max() < threshold : null);
    }
}
