using WebScoring.Images;
using WebScoring.Model;

namespace WebScoring.Explaining;

/// <summary>POST /explain: shows where the network looks in a request's image.</summary>
internal sealed class ExplainEndpoint(ModelService service, UploadReader uploads, Explanations explanations)
{
    /// <summary>Handles a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="className">The class to look for, the query's "class"; null: the most probable one.</param>
    public Task<IResult> ExplainAsync(HttpContext context, string? className) => Refusal.CatchAsync(context, async () =>
    {
        var model = service.Ready;
        if (className is not null && !model.ClassNames.Contains(className))
            throw new RefusalException(
                StatusCodes.Status400BadRequest,
                $"The model has no class '{VisibleText.Of(className)}'; its classes are {VisibleText.List([.. model.ClassNames])}.");
        if (await uploads.ReadAsync(context.Request) is not [var image])
            throw new RefusalException(StatusCodes.Status400BadRequest, "The request has several images; one is explained at a time.");
        var answer = await explanations.ExplainAsync(model, image.Bytes ?? throw uploads.TooLarge(), className, context.RequestAborted);
        return TypedResults.Ok(answer);
    });
}
