using System.Diagnostics;

namespace Conformer.Server.Hosting;

/// <summary>What a request asked for: to be logged with it.</summary>
/// <param name="Count">Number of images.</param>
/// <param name="Refused">How many of them could not be scored.</param>
internal sealed record RequestedImages(int Count, int Refused);

/// <summary>Logs one line for each request; never what was sent.</summary>
internal sealed partial class RequestLog(RequestDelegate next, ILogger<RequestLog> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var (request, milliseconds) = (context.Request, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            var (method, path) = (VisibleText.Of(request.Method), VisibleText.Of(request.Path.ToUriComponent()));
            if (context.Features.Get<RequestedImages>() is { } images)
                LogImages(method, path, context.Response.StatusCode, milliseconds, images.Count, images.Refused);
            else
                LogRequest(method, path, context.Response.StatusCode, milliseconds);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Method} {Path} {Status} {Milliseconds:0.0} ms")]
    private partial void LogRequest(string method, string path, int status, double milliseconds);

    [LoggerMessage(LogLevel.Information, "{Method} {Path} {Status} {Milliseconds:0.0} ms, {Images} images, {Refused} refused")]
    private partial void LogImages(string method, string path, int status, double milliseconds, int images, int refused);
}
