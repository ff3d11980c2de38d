namespace Conformer.Server;

/// <summary>A request, or one of its images, cannot be answered, for a reason that is not the program's fault.</summary>
/// <param name="status">The HTTP status that says so: 4xx, or 503 where the same request may succeed later.</param>
/// <param name="reason">What was found, what was expected and what to do, for the client to read.</param>
internal sealed class RefusalException(int status, string reason) : Exception(reason)
{
    /// <summary>An HTTP status.</summary>
    public int Status => status;
}
