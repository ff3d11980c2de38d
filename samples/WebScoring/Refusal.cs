using Microsoft.AspNetCore.Http.HttpResults;

namespace WebScoring;

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
}
