using Microsoft.AspNetCore.Http.HttpResults;

namespace Conformer.Server;

/// <summary>Answers that say why a request is refused: ProblemDetails (RFC 9457).</summary>
internal static class Refusal
{
    private const string RetryAfterSeconds = "1";

    /// <param name="context">The request.</param>
    /// <param name="status">The HTTP status; with 503, the answer says when to try again.</param>
    /// <param name="reason">For the client to read.</param>
    public static ProblemHttpResult Result(HttpContext context, int status, string reason)
    {
        if (status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return TypedResults.Problem(reason, statusCode: status);
    }

    /// <summary>Turns the exceptions of a request that cannot be answered into answers.</summary>
    /// <param name="context">The request.</param>
    /// <param name="answer">Makes the answer, or throws <see cref="RefusalException"/>.</param>
    public static async Task<IResult> CatchAsync(HttpContext context, Func<Task<IResult>> answer)
    {
        try
        {
            return await answer();
        }
        catch (RefusalException exception)
        {
            return Result(context, exception.Status, exception.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return TypedResults.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
    }
}
