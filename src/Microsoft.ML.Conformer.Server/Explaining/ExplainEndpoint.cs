using Conformer.Server.Images;
using Conformer.Server.Model;

namespace Conformer.Server.Explaining;

/// <summary>POST /explain: shows where the network looks in a request's image.</summary>
internal sealed class ExplainEndpoint(ServedModels models, UploadReader uploads, Explanations explanations)
{
    /// <summary>Handles a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="className">The class to look for, the query's "class"; null: the most probable one.</param>
    public Task<IResult> ExplainAsync(HttpContext context, string? className) => Refusal.CatchAsync(context, async () =>
    {
        if (await uploads.ReadAsync(context.Request) is not [var image])
            throw new RefusalException(StatusCodes.Status400BadRequest, "The request has several images; one is explained at a time.");
        using var lease = models.Lease();
        var bytes = image.Bytes ?? throw uploads.TooLarge();
        return TypedResults.Ok(await explanations.ExplainAsync(lease.Model, bytes, className, context.RequestAborted));
    });
}
