using Conformer.Server.Hosting;
using Conformer.Server.Images;
using Conformer.Server.Model;
using Microsoft.ML.Conformer.Detection;

namespace Conformer.Server.Predicting;

/// <summary>POST /predict: decodes a request's images, has them scored together with other requests' images, and answers.</summary>
internal sealed class PredictEndpoint(
    ServedModels models, UploadReader uploads, UploadDecoder decoder, BatchQueue queue, ScoringStatistics statistics, Settings settings)
{
    private const int DefaultTop = 5;

    /// <summary>Handles a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="top">How many classes or objects to answer with, the query's "top"; null: 5 classes, or all objects.</param>
    /// <param name="threshold">The query's "threshold", 0-1; null: the server's.</param>
    public Task<IResult> PredictAsync(HttpContext context, string? top, string? threshold) => Refusal.CatchAsync(context, async () =>
    {
        var query = PredictQuery.Read(top, threshold);
        var images = await uploads.ReadAsync(context.Request);
        using var lease = models.Lease();
        var answers = await AnswerAsync(images, lease.Model, query, context.RequestAborted);
        var refused = answers.Count(answer => answer.Error is not null);
        statistics.AddImages(answers.Count - refused, refused);
        context.Features.Set(new RequestedImages(answers.Count, refused));
        return answers is [{ Error: { } error }]
            ? Refusal.Result(context, error.Status, error.Reason)
            : TypedResults.Ok(new PredictAnswer(answers));
    });

    private async Task<List<ImageAnswer>> AnswerAsync(
        IReadOnlyList<UploadedImage> images, ServedModel model, PredictQuery query, CancellationToken aborted)
    {
        // All images are queued before any results are awaited, so that they share batches.
        var submitted = new List<(string? FileName, Task<ImageResult> Result)>(images.Count);
        foreach (var image in images)
            submitted.Add((image.FileName, await SubmitAsync(image, model, aborted)));

        var answers = new List<ImageAnswer>(images.Count);
        foreach (var (fileName, result) in submitted)
        {
            try
            {
                var answer = await result.WaitAsync(aborted) switch
                {
                    ClassScores scores => Answer(scores, model.Network.ClassNames, query),
                    DetectorResult found => await AnswerAsync(found, query, aborted),
                    var other => throw new InvalidOperationException($"There is no answer for {other.GetType().Name}."),
                };
                answers.Add(answer with { File = fileName });
            }
            catch (RefusalException exception) when (exception.Status != StatusCodes.Status503ServiceUnavailable)
            {
                answers.Add(new ImageAnswer(fileName, Error: new ImageError(exception.Status, exception.Message)));
            }
        }
        return answers;
    }

    /// <summary>Queues an image; the result that is to come, or a failed task where the image cannot be used.</summary>
    private async Task<Task<ImageResult>> SubmitAsync(UploadedImage image, ServedModel model, CancellationToken aborted)
    {
        try
        {
            var bytes = image.Bytes ?? throw uploads.TooLarge();
            var queued = new QueuedImage(
                await decoder.DecodeAsync(bytes, model.Network.Background, aborted), model.Lease(), aborted);
            if (queue.TryAdd(queued))
                return queued.Result;
            queued.Dispose();
            throw new RefusalException(StatusCodes.Status503ServiceUnavailable, "The server is stopping.");
        }
        catch (RefusalException exception)
        {
            return Task.FromException<ImageResult>(exception);
        }
    }

    private ImageAnswer Answer(ClassScores scores, IReadOnlyList<string> classNames, PredictQuery query)
    {
        var probabilities = scores.Probabilities;
        if (Array.Exists(probabilities, float.IsNaN))
            throw new RefusalException(StatusCodes.Status422UnprocessableEntity, "It cannot be scored.");
        var best = probabilities.Zip(classNames, (score, name) => new Prediction(name, score)).OrderByDescending(one => one.Probability);
        return new ImageAnswer(
            Predictions: [.. best.Take(query.Top ?? DefaultTop)],
            NoneOfThese: (query.Threshold ?? settings.Threshold) is { } threshold ? probabilities.Max() < threshold : null);
    }

    /// <summary>Each object takes a turn of its own: the masks of one large photo must not keep others' images waiting.</summary>
    private async Task<ImageAnswer> AnswerAsync(DetectorResult result, PredictQuery query, CancellationToken aborted)
    {
        var (detector, found) = result;
        var least = query.Threshold ?? settings.Threshold ?? DetectionOverlayOptions.DefaultLeastScore;
        var objects = new List<ObjectAnswer>();
        foreach (var one in found.From(least).Take(query.Top ?? int.MaxValue))
            objects.Add(await decoder.InTurnAsync(() => ObjectAnswer.Of(detector, found, one), aborted));
        return new ImageAnswer(Width: found.Width, Height: found.Height, Objects: objects);
    }
}
